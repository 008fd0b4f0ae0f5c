"""The root of everything that is written."""

from __future__ import annotations

import strawberry

from resolvers.mutations.action_type import ActionTypeMutations
from resolvers.mutations.change_set import ChangeSetMutations
from resolvers.mutations.changes import ChangesMutations
from resolvers.mutations.fixes import FixMutations
from resolvers.mutations.importing import ImportMutations
from resolvers.mutations.interface import InterfaceMutations
from resolvers.mutations.link_type import LinkTypeMutations
from resolvers.mutations.lock import LockMutations
from resolvers.mutations.object_type import ObjectTypeMutations
from resolvers.mutations.ontology import OntologyMutations
from resolvers.mutations.presence import PresenceMutations
from resolvers.mutations.property import PropertyMutations
from resolvers.mutations.shared_property import SharedPropertyMutations
from resolvers.mutations.sinks import SinkMutations
from resolvers.mutations.type_group import TypeGroupMutations
from resolvers.mutations.value_type import ValueTypeMutations


@strawberry.type(description="Everything that is written. Each field is one transaction; those of one document run one after another.")
class Mutation(
    ObjectTypeMutations,
    PropertyMutations,
    SharedPropertyMutations,
    LinkTypeMutations,
    InterfaceMutations,
    ActionTypeMutations,
    ValueTypeMutations,
    TypeGroupMutations,
    ChangesMutations,
    ChangeSetMutations,
    OntologyMutations,
    LockMutations,
    SinkMutations,
    FixMutations,
    ImportMutations,
    PresenceMutations,
):
    pass
