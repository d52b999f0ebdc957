"""Autobahn's cases against a server: ``python -m tests.support.conformance URL LEFT_OUT…``.

In a process of its own: the suite chooses how Autobahn's library works before that is imported, and
here a test may have imported it already.
"""

import asyncio
import os
import sys

import kosoku


async def main(url: str, left_out: list[str]) -> None:
    """Raises: FailureError: names the cases that do not pass."""
    results = await kosoku.run_fuzzingclient(url, exclude_cases=left_out, concurrency=4)
    print(f"{len(results)} cases pass", flush=True)
    # The suite's own threads may still run, and abort a process that ends its interpreter.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
