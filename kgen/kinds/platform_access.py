"""Rights of people and automation: the Platform's `access`."""

from typing import Annotated, Literal

from pydantic import Field

from kgen.kinds import patterns
from kgen.kinds.fields import Model, Name, Text, absent, form, given, needed

Namespaces = Annotated[list[Name], Field(min_length=1)]


class Subject(Model):
    """Who gets the rights (rbac.authorization.k8s.io/v1 Subject); groups system:* are refused."""

    kind: Literal["User", "Group", "ServiceAccount"] = needed("Kind of the subject.")
    name: Text = needed("Name of the subject.", ["team-alpha-oncall"])
    namespace: Name = absent("Namespace of a ServiceAccount.")
    api_group: Literal["rbac.authorization.k8s.io", ""] = absent("API group; follows from the kind where absent.")


Subjects = Annotated[list[Subject], Field(min_length=1)]


class People(Model):
    """The same rights for some subjects in some namespaces."""

    namespaces: Namespaces = needed("Namespaces in which the rights hold.", [["team-alpha"]])
    subjects: Subjects = needed("Who gets them.")


class Automation(Model):
    """Rights of a machine, spelled out; no wildcards."""

    namespaces: Namespaces = needed("Namespaces in which the rights hold.", [["team-alpha"]])
    subjects: Subjects = needed("Who gets them.")
    verbs: Annotated[list[Annotated[str, form(patterns.VERB)]], Field(min_length=1)] = needed(
        "Verbs; * is refused.", [["get", "list", "watch"]]
    )
    resources: Annotated[list[Annotated[str, form(patterns.RESOURCE)]], Field(min_length=1)] = needed(
        "Resources as plural or plural.group, with /subresource; * is refused.", [["agents.kagent.dev", "configmaps"]]
    )


class Access(Model):
    """Rights of people and automation in namespaces of agents, each entry by a name of your own."""

    viewers: dict[Name, People] = given({}, "Who may read; never Secrets.")
    debuggers: dict[Name, People] = given({}, "Who may read, and exec into pods; refused in Shared namespaces.")
    automation: dict[Name, Automation] = given({}, "Machines with the rights they name.")
