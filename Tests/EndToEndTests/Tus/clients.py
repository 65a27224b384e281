"""Uploads by the tus clients that people use, for the tests to drive.

    clients.py tuspy ENDPOINT FILE NAME [--chunk N] [--checksum] [--stop-at N] [--url URL]
    clients.py aiotus ENDPOINT FILE NAME [--chunk N]

Prints the upload's URL; tuspy prints it before it sends anything, so that a test may end the server meanwhile.
"""

import argparse
import asyncio
import sys

import aiotus
import tusclient.client


def tuspy(arguments):
    client = tusclient.client.TusClient(arguments.endpoint)
    uploader = client.uploader(
        arguments.file,
        chunk_size=arguments.chunk,
        metadata={"filename": arguments.name},
        upload_checksum=arguments.checksum,
        url=arguments.url,
    )
    if uploader.url is None:
        uploader.set_url(uploader.create_url())
    print(uploader.url, uploader.offset, flush=True)
    uploader.upload(stop_at=arguments.stop_at)


async def upload_with_aiotus(arguments):
    metadata = {"filename": arguments.name.encode(), "filetype": b"text/plain", "empty": None}
    with open(arguments.file, "rb") as file:
        url = await aiotus.upload(arguments.endpoint, file, metadata, chunksize=arguments.chunk)
    if url is None:
        sys.exit("aiotus gave up")
    told = await aiotus.metadata(url)
    if told is None or told["filename"] != arguments.name.encode():
        sys.exit(f"the server tells other metadata: {told}")
    print(url)


parser = argparse.ArgumentParser()
parser.add_argument("client", choices=["tuspy", "aiotus"])
parser.add_argument("endpoint")
parser.add_argument("file")
parser.add_argument("name")
parser.add_argument("--chunk", type=int, default=1 << 20)
parser.add_argument("--checksum", action="store_true")
parser.add_argument("--stop-at", type=int)
parser.add_argument("--url")
arguments = parser.parse_args()
if arguments.client == "tuspy":
    tuspy(arguments)
else:
    asyncio.run(upload_with_aiotus(arguments))
