"""Who begins tasks and threads: the supervisor, and a few that say here why theirs need none."""

import ast
from pathlib import Path

import pytest

import notifications

ROOT = Path(notifications.__file__).parent.parent
BEGINS = {"create_task", "ensure_future", "run_coroutine_threadsafe", "Thread", "Timer"}
KNOWN = {
    ("notifications/process/supervisor.py", "wake"): "its own",
    ("notifications/process/supervisor.py", "keep_thread"): "its own",
    ("notifications/push/hub.py", "_spawn"): "its tasks are supervised, or their end is reported",
    ("notifications/push/drain.py", "_begin"): "reports a bug, and ends the process all the same",
    ("notifications/consumers/transports.py", "put"): "ends with the peer that it sends to",
    ("notifications/process/overdue.py", "end_within"): "a timer of the kernel stands behind it",
    ("notifications/process/overdue.py", "_end"): "ends with the process",
    ("notifications/servers/daphne.py", "kill_all_applications"): "ends in seconds, or is reported",
    ("config/health.py", "_begin"): "one look, which nobody waits for too long",
}
# The clients of a command, which end with it: a bug of theirs is the command's end.
OF_A_COMMAND = ROOT / "notifications" / "management" / "comparison"
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("notifications", "accounts", "config")
    for path in (ROOT / package).rglob("*.py")
    if OF_A_COMMAND not in path.parents
)


def begun(module):
    """The functions of a module that begin a task or a thread."""
    found = set()

    def walk(node, function):
        for child in ast.iter_child_nodes(node):
            inner = child.name if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) else ""
            if isinstance(child, ast.Call):
                called = child.func
                name = getattr(called, "attr", getattr(called, "id", ""))
                if name in BEGINS:
                    found.add((module, function))
            walk(child, inner or function)

    walk(ast.parse((ROOT / module).read_text()), "")
    return found


def loops_for_ever(module):
    """The functions of a module that have a loop which nothing in it leaves."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for loop in ast.walk(node):
                is_endless = isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant)
                if is_endless and not any(
                    isinstance(step, (ast.Return, ast.Break)) for step in ast.walk(loop)
                ):
                    found.add((module, node.name))
    return found


def test_tasks_and_threads_are_begun_by_the_supervisor():
    found = set().union(*(begun(module) for module in MODULES))
    assert found - KNOWN.keys() == set()
    assert KNOWN.keys() - found == set()


KEPT = {
    ("notifications/push/groups.py", "_receive"),
    ("notifications/push/groups.py", "_join_for_ever"),
    ("notifications/push/timers.py", "run"),
    ("notifications/push/access.py", "_look_at_suspects"),
    ("notifications/push/access.py", "_look_at_all_in_turn"),
    ("notifications/push/presence.py", "work"),
    ("notifications/process/loop_lag.py", "work"),
    ("notifications/push/notifier.py", "_run"),
}


def test_every_loop_without_an_end_is_one_that_is_kept():
    """Each of these is broken and begins again in ``test_supervisor.py``."""
    assert set().union(*(loops_for_ever(module) for module in MODULES)) == KEPT


@pytest.mark.parametrize("text", ["while True:\n  pass", "while 1:\n  x = 1"])
def test_such_a_loop_would_be_found(tmp_path, monkeypatch, text):
    indented = text.replace("\n", "\n    ")
    (tmp_path / "some.py").write_text(
        f"async def f():\n    {indented}\n\ndef g():\n    asyncio.create_task(f())\n"
    )
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    assert loops_for_ever("some.py") == {("some.py", "f")}
    assert begun("some.py") == {("some.py", "g")}
