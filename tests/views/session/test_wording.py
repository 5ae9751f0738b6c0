import dataclasses

import numpy as np
import pytest

from tests.views.session.cases import VARIANCE, blobs, session_of
from vitsci_viz.views.session.wording import CLASSES_SHOWN, FEW_CLASSES, UNKNOWN, reading_lines, summary


@pytest.fixture
def session():
    return session_of(blobs((96, 128)), "yx", mask=(blobs((96, 128)) > 120).astype("uint8"))


def values(session):
    lines = reading_lines(session.readings(VARIANCE), min_size=(4, 4))
    return {line.name: line for line in lines}


def test_what_is_not_known_yet_is_a_dash_and_not_a_number(session):
    assert values(session)["Reconstruction"].value == UNKNOWN
    assert "Oracle Dice" not in values(session)
    assert "reconstruction" not in summary(session.readings(VARIANCE), min_size=(4, 4))


def test_lines_and_sentence_say_the_same_numbers(session):
    session.prepare_fidelity(VARIANCE)
    readings, lines = session.readings(VARIANCE), values(session)
    sentence = summary(readings, min_size=(4, 4))
    assert lines["Tokens"].value == f"{readings.tokens:,}"
    assert lines["Reconstruction"].value == f"{readings.psnr:.1f} dB"
    assert lines["Oracle Dice"].value == f"{readings.oracle_dice[1]:.3f}"
    for said in (f"{readings.tokens:,} tokens", f"the {96 * 128 // 16:,} a uniform 4 px grid", "dB", "oracle Dice"):
        assert said in sentence


def test_every_line_explains_itself(session):
    assert all(line.help for line in values(session).values())


def test_a_mask_of_instances_is_told_by_its_mean_and_not_by_hundreds_of_lines():
    labels = np.arange(96 * 128, dtype=np.uint16).reshape(96, 128) // 400 + 1
    session = session_of(blobs((96, 128)), "yx", mask=labels)
    session.prepare_fidelity(VARIANCE)
    readings = session.readings(VARIANCE)
    dice = [line for line in reading_lines(readings, min_size=(4, 4)) if line.name.startswith("Oracle Dice")]
    assert len(dice) == CLASSES_SHOWN + 1
    assert dice[0].value == f"{np.mean(list(readings.oracle_dice.values())):.3f}"
    assert dice[0].note == f"of 31 classes; {31 - CLASSES_SHOWN} more are not listed"


def test_few_classes_are_readings_and_many_are_details_of_their_mean(session):
    readings = session.readings(VARIANCE)
    for count in (1, FEW_CLASSES, FEW_CLASSES + 1):
        given = dataclasses.replace(readings, oracle_dice=dict.fromkeys(range(1, count + 1), 0.5))
        dice = [line for line in reading_lines(given, min_size=(4, 4)) if line.name.startswith("Oracle Dice")]
        assert not dice[0].is_detail
        assert sum(line.is_detail for line in dice) == (count if count > FEW_CLASSES else 0)
