"""Explaining a model: contributions, the values behind them, and reasons in words."""
