"""Uploads by the tus clients that people use, for the tests to drive.

    clients.py tuspy ENDPOINT FILE NAME [--chunk N] [--checksum] [--defer] [--stop-at N] [--url URL] [--retries N]
        [--token SECRET]
    clients.py aiotus ENDPOINT FILE NAME [--chunk N] [--parts N] [--retries N] [--token SECRET]

Prints the upload's URL; tuspy prints it before it sends anything, so that a test may end the server meanwhile.
"""

import argparse
import asyncio
import io
import sys

import aiotus
import tusclient.client
import tusclient.uploader


class DeferringUploader(tusclient.uploader.Uploader):
    """Tells the length with the last chunk, which neither client can by itself."""

    def get_url_creation_headers(self):
        headers = super().get_url_creation_headers()
        del headers["upload-length"]
        return headers | {"upload-defer-length": "1"}

    def get_headers(self):
        headers = super().get_headers()
        if self.url and self.offset + self.chunk_size >= self.get_file_size():
            headers["upload-length"] = str(self.get_file_size())
        return headers


def credentials(arguments):
    """Header fields for a token; a ticket is in the endpoint."""
    return {"Authorization": "Bearer " + arguments.token} if arguments.token else {}


def tuspy(arguments):
    client = tusclient.client.TusClient(arguments.endpoint, headers=credentials(arguments))
    kind = DeferringUploader if arguments.defer else tusclient.uploader.Uploader
    uploader = kind(
        arguments.file,
        client=client,
        chunk_size=arguments.chunk,
        retries=arguments.retries,
        retry_delay=0.1,
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
    config = aiotus.RetryConfiguration(retry_attempts=1 + arguments.retries, max_retry_period_seconds=0.1)
    options = {"metadata": metadata, "chunksize": arguments.chunk, "config": config, "headers": credentials(arguments)}
    with open(arguments.file, "rb") as file:
        if arguments.parts:
            content = file.read()
            size = -(-len(content) // arguments.parts)
            parts = [io.BytesIO(content[start : start + size]) for start in range(0, len(content), size)]
            url = await aiotus.upload_multiple(arguments.endpoint, parts, **options)
        else:
            url = await aiotus.upload(arguments.endpoint, file, **options)
    if url is None:
        sys.exit("aiotus gave up")
    told = await aiotus.metadata(url, headers=credentials(arguments))
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
parser.add_argument("--defer", action="store_true")
parser.add_argument("--retries", type=int, default=0)
parser.add_argument("--stop-at", type=int)
parser.add_argument("--url")
parser.add_argument("--parts", type=int)
parser.add_argument("--token")
arguments = parser.parse_args()
if arguments.client == "tuspy":
    tuspy(arguments)
else:
    asyncio.run(upload_with_aiotus(arguments))
