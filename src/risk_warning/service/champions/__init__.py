"""The models in service: the champion that answers, followed through the registry, and the challenger in its shadow."""
