"""Layers and files in a few lines; who may call whom is shown by the tests of the command line."""

from kgen.manifests import Identity
from kgen.present.summary import files, layers


def test_layers_in_the_order_of_the_bundle_and_the_input_last() -> None:
    objects = [
        (Identity("v1", "ConfigMap", "a", "own"), ""),
        (Identity("v1", "Namespace", "", "a"), "namespaces"),
        (Identity("v1", "ServiceAccount", "a", "b-sa"), "identity"),
        (Identity("v1", "ServiceAccount", "a", "c-sa"), "identity"),
    ]
    assert layers(objects) == (
        "LAYER       OBJECTS  KINDS\n"
        "namespaces  1        1 Namespace\n"
        "identity    2        2 ServiceAccount\n"
        "(your own)  1        1 ConfigMap\n"
        "4 objects in all\n"
    )


def test_files() -> None:
    assert files("out", 1, 0, 2, 3) == "4 files in out: 1 new, 2 removed, 3 unchanged\n"
    assert files("out", 0, 0, 0, 0) == "0 files in out\n"
    assert files("out", 2, 0, 0, 0, 1) == "2 files in out: 2 new; 1 proposal for other owners in out/external\n"
