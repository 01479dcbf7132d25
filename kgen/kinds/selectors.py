"""How the kinds select pods: a metav1.LabelSelector as Kubernetes writes it, and a peer."""

from typing import Annotated, Literal

from pydantic import Field

from kgen.kinds.fields import LabelKey, LabelValue, Model, Name, Ports, absent, needed


class LabelRequirement(Model):
    """One requirement of a label selector (metav1.LabelSelectorRequirement)."""

    key: LabelKey = needed("Key of the label.", ["app"])
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = needed("How the label's value is held to `values`.")
    values: list[LabelValue] = absent("Values for In and NotIn; absent for Exists and DoesNotExist.", [["db"]])


class LabelSelector(Model):
    """Selects pods by their labels (metav1.LabelSelector). An empty selector selects every pod."""

    match_labels: dict[LabelKey, LabelValue] = absent("Labels that the pods have.", [{"app": "db"}])
    match_expressions: Annotated[list[LabelRequirement], Field(min_length=1)] = absent(
        "Further requirements; all of them hold."
    )


class Peer(Model):
    """The other side of a flow: pods of one namespace, and the ports of theirs."""

    namespace: Name = needed("Namespace of the pods.", ["data"])
    pod_selector: LabelSelector = needed(
        "Which pods; {} is every pod of the namespace.", [{"matchLabels": {"app": "db"}}]
    )
    ports: Ports = absent("TCP ports of the pods.", [[5432]])
