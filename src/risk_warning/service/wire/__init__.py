"""The wire format: requests and answers as types, as JSON, and as the OpenAPI page."""
