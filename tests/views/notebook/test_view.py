"""The view inside a running event loop, as in a kernel: new detail is computed beside it."""

import asyncio

import pytest

import vitsci_viz as vz
from tests.views.session.cases import blobs


async def until(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("waited in vain")


def test_new_detail_is_computed_beside_the_kernel_while_the_last_setting_stays():
    async def play():
        tuned = vz.tune(blobs((256, 256)), split_value=10)
        before = tuned.options
        tuned.view.form.edit("blur", "7")
        at_once = tuned.options
        await until(lambda: tuned.options.blur == 7)
        tuned.close()
        return before == at_once

    assert asyncio.run(play())


def test_going_back_while_detail_is_computed_wins():
    async def play():
        tuned = vz.tune(blobs((256, 256)), split_value=10)
        tuned.view.form.edit("blur", "7")
        tuned.view.form.edit("blur", "auto")
        await until(lambda: tuned.session.is_ready(tuned.options.replace(blur=7)))
        await asyncio.sleep(0.1)
        blur = tuned.options.blur
        tuned.close()
        return blur

    assert asyncio.run(play()) == "auto"


def test_the_readings_say_what_is_kept_as_soon_as_it_is_known():
    async def play():
        tuned = vz.tune(blobs((256, 256)), split_value=10)
        await until(lambda: " dB" in tuned.view.readings.widget.value)
        tuned.view.form.edit("patch_size", "4")
        await until(lambda: tuned.options.patch_size == 4)
        await until(lambda: " dB" in tuned.view.readings.widget.value)
        known, shown = f"{tuned.readings.psnr:.1f} dB", tuned.view.readings.widget.value
        tuned.close()
        return known, shown

    known, shown = asyncio.run(play())
    assert known in shown


def test_a_setting_refused_in_the_thread_says_why_beside_its_field():
    async def play():
        tuned = vz.tune(blobs((64, 64)), split_value=10)
        tuned.view.form.edit("physical", "true")
        message = tuned.view.form.controls["physical"].message
        await until(lambda: "spacing" in message.value)
        refused = tuned.options.physical
        tuned.view.form.edit("physical", "false")
        tuned.view.form.edit("split_value", "20")
        await until(lambda: tuned.options.split_value == 20)
        tuned.close()
        return refused, message.value

    assert asyncio.run(play()) == (False, "")
