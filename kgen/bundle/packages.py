"""Where the objects of a bundle lie in a kpt package: what kgen made in files of its own, the rest where it is.

    generated/team-alpha/network.yaml   the objects that one layer makes there, in the bundle's order

The names are those of `kgen render -o` (bundle/tree.py), so that the same object is always in the same file.
"""

from collections.abc import Iterable, Iterator

from kgen.bundle.tree import Paths
from kgen.bundle.types import Entry
from kgen.manifests import Manifest

FOLDER = "generated"


def places(
    objects: Iterable[tuple[Entry, Manifest]], taken: Iterable[tuple[str, int]] = ()
) -> Iterator[tuple[Manifest, tuple[str, int] | None]]:
    """Each object with the file and the index that are its own; None for an object of the input, which has them.

    `taken` are the files and indexes of what stays: other people's objects in these files keep their place.
    """
    paths = Paths("yaml")
    following: dict[str, int] = {}
    for path, index in taken:
        following[path] = max(following.get(path, 0), index + 1)
    for entry, manifest in objects:
        if entry.document is not None:
            yield manifest, None
            continue
        path = f"{FOLDER}/{paths.of(entry)[0]}"
        index = following.get(path, 0)
        following[path] = index + 1
        yield manifest, (path, index)
