"""Which images validate: whole groups, alike in what they hold, the same for the same seed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.records import Record
from vitsci_viz.training.splits import split_records

DATA = DataOptions()


def record(name: str, group: str = "", split: str = "") -> Record:
    return Record(name, Path(f"{name}.png"), Path(f"{name}_mask.png"), group, split)


def validating(records: list[Record], data: DataOptions = DATA, seed: int = 0, **more) -> set[str]:
    return {each.name for each in split_records(records, data, seed, **more) if each.split == "val"}


@given(
    groups=st.lists(st.integers(1, 5), min_size=2, max_size=12),
    share=st.sampled_from([0.1, 0.2, 0.5]),
    seed=st.integers(0, 99),
)
def test_a_group_is_never_cut(groups: list[int], share: float, seed: int):
    records = [record(f"{g}-{i}", f"slide {g}") for g, many in enumerate(groups) for i in range(many)]
    found = split_records(records, DataOptions(val_share=share), seed)
    splits = {group: {each.split for each in found if each.group == group} for group in {r.group for r in records}}
    assert all(len(split) == 1 for split in splits.values())
    many = sum(split == {"val"} for split in splits.values())
    assert many == min(max(1, round(share * len(groups))), len(groups) - 1)


@given(count=st.integers(2, 60), seed=st.integers(0, 99))
def test_a_fifth_of_images_without_groups_validates(count: int, seed: int):
    records = [record(f"tile {number}") for number in range(count)]
    found = validating(records, seed=seed)
    assert len(found) == max(1, round(count / 5))
    assert found == validating(records[::-1], seed=seed)


def test_another_seed_is_another_split():
    records = [record(f"tile {number}") for number in range(20)]
    grouped = [record(f"tile {number}", f"slide {number // 2}") for number in range(40)]
    assert len({frozenset(validating(records, seed=seed)) for seed in range(10)}) > 5
    assert len({frozenset(validating(grouped, seed=seed)) for seed in range(10)}) > 5


def test_a_new_image_moves_at_most_one_other():
    records = [record(f"tile {number}") for number in range(30)]
    before = validating(records)
    after = validating([*records, record("one more")])
    assert len(before - after) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_validation_holds_groups_of_every_kind(seed: int):
    records = [record(f"tile {number}", f"slide {number}") for number in range(10)]
    strata = {each.name: (float(number // 5), 0.5) for number, each in enumerate(records)}
    found = validating(records, DataOptions(val_share=0.2), seed, strata=strata)
    assert sorted(strata[name][0] for name in found) == [0.0, 1.0]


def test_a_split_that_is_given_is_kept():
    records = [record("a", split="val"), record("b", split="train"), record("c", split="test")]
    assert split_records(records, DATA, 0) == tuple(records)


def test_without_validation_everything_trains():
    found = split_records([record("only", "one")], DataOptions(val_share=0), 0)
    assert [each.split for each in found] == ["train"]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([record("only")], "there is only only: add images, or set val_share to 0"),
        ([record("a", "slide"), record("b", "slide")], "all 2 images are of the group 'slide'"),
        ([record("a", split="val"), record("b", split="val")], "for train, got none"),
        ([record("a", split="train"), record("b", split="train")], "for val, got none"),
    ],
)
def test_data_that_cannot_be_split_say_what_to_do(records: list[Record], said: str):
    with pytest.raises(InputError, match=said):
        split_records(records, DATA, 0)
