"""Where the shipped layers, overlays and schemas lie: inside the package, or in the checkout around it."""

import os


def folder() -> str:
    """Absolute path of the folder that holds bases/ and overlays/: kgen/_data in a wheel, else the project root."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "_data")
    return inside if os.path.isdir(inside) else os.path.dirname(package)
