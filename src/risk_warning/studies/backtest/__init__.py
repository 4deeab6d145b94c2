"""The backtest study: which recipe would have done best at each of several past dates."""
