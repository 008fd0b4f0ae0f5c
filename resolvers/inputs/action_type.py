"""What authors write of an action type."""

from __future__ import annotations

from resolvers.inputs.action_parts import ActionParameterInput, ActionRuleInput, CriterionInput
from resolvers.inputs.common import DescribedInput
from resolvers.inputs.words import absent, needed, words

KEBAB = "A kebab-case name of up to 100 characters, unique among action types."


@words(description="A new action type.")
class ActionTypeInput(DescribedInput):
    ref: str | None = absent("A name for it in the same change set.")
    api_name: str = needed(KEBAB)
    display_name: str = needed("1 to 200 characters.")
    parameters: list[ActionParameterInput] | None = absent("What the person who submits is asked for, in this order.")
    rules: list[ActionRuleInput] | None = absent("What it does, in this order.")
    criteria: list[CriterionInput] = needed("What must hold for it to be submitted; at least one.")


@words(description="Changes of an action type: what is absent stays, null clears.")
class ActionTypePatch(DescribedInput):
    api_name: str | None = absent(f"{KEBAB} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
    parameters: list[ActionParameterInput] | None = absent("All parameters; the list replaces what was there.")
    rules: list[ActionRuleInput] | None = absent("All rules; the list replaces what was there.")
    criteria: list[CriterionInput] | None = absent("All criteria; the list replaces what was there.")
