"""What an operation leaves behind goes by reference counts, at once.

Loaders, executors and raised errors hold themselves by way of closures, bound methods and the frames of tracebacks. Left to the collector of cycles they
are hardly ever found under an overload: an operation that waits for seconds has grown old when it ends, and the old are looked at last. A process that was
asked more than it could answer kept all of them, some 200 objects a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError

from dataloaders.wanted import Loader

if TYPE_CHECKING:
    from graphql.execution import Executor

    from dataloaders.loaders import Loaders


def untie(loaders: Loaders) -> None:
    """Forget how and what the loaders read; nobody asks them any more."""
    held = vars(loaders)
    for each in list(held.values()):
        for loader in each.values() if isinstance(each, dict) else (each,):
            if isinstance(loader, Loader):
                vars(loader).clear()
    held.clear()


def finish(executor: Executor[Any]) -> None:
    """Take from an executor that has answered what it holds itself by, and its context."""
    executor.async_helpers = cast("Any", None)
    executor.context_value = cast("Any", None)
    forget(getattr(executor, "unusual", None))


def forget(error: BaseException | None) -> None:
    """Take the tracebacks from an error that was told to the caller, and from all that it came of."""
    seen: set[int] = set()
    left = [error]
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = None
        left += [each.__cause__, each.__context__, each.original_error if isinstance(each, GraphQLError) else None]
