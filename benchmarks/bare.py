"""The bare endpoint: FastAPI and LightGBM on ready features, without checks, explanations or storage.

BARE_MODEL=model.txt uvicorn bare:app
"""

from __future__ import annotations

import os
from typing import Any

import lightgbm
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
booster = lightgbm.Booster(model_file=os.environ["BARE_MODEL"])


class Ready(BaseModel):
    """A borrower's features in the model's order, null where not observed."""

    features: list[float | None]


@app.post("/predict")
async def predict(ready: Ready) -> dict[str, Any]:
    """Return the booster's prediction."""
    return {"pd": float(booster.predict(np.array([ready.features], np.float64))[0])}
