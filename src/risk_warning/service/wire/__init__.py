"""The wire: what may be asked and what is answered, as types, as JSON, and as the OpenAPI page."""
