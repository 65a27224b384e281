"""The upload endpoint that FastAPI applications have: UploadFile, copied to its place with aiofiles."""

import os

import aiofiles
from fastapi import FastAPI, UploadFile

BUCKET = os.environ["BUCKET"]

app = FastAPI()


@app.post("/upload-file")
async def upload_file(file: UploadFile):
    name = os.path.basename(file.filename)
    async with aiofiles.open(os.path.join(BUCKET, name), "wb") as stored:
        while chunk := await file.read(1024 * 1024):
            await stored.write(chunk)
    return {"filename": name}
