"""The symmetric head against the UNETR-type decoder: Dice after equal steps."""

from pathlib import Path

from tests.benchmarks.measuring import Row
from tests.benchmarks.quality.settings import adaptive, setting
from tests.benchmarks.quality.training import Setting, trained_all

DATA, EPOCHS, SEED = "pathology-1024", 12, 0
"""384 steps of one image; on 4,096^2 a step of the decoder takes a minute of one core and 9 GB."""
PATCH = adaptive(16, 4, 1024)


def settings() -> dict[str, Setting]:
    """Return both heads on the same tokens."""
    same = {"batch_size": 1, "schedule": "cosine", "val_every": 3}
    return {head: setting("decoder", head, DATA, EPOCHS, SEED, PATCH, **same, head=head) for head in ("token", "unetr")}


def measure(work: Path) -> list[Row]:
    """Train both and compare; the memory of both is a row of the fast benchmarks."""
    chosen = settings()
    curves = trained_all(list(chosen.values()), work)
    dice = {head: 100 * float(curve.dice[-1]) for head, curve in zip(chosen, curves, strict=True)}
    gain = dice["token"] - dice["unetr"]
    return [
        Row(
            name="symmetric head against UNETR-type decoder, equal steps, virtual pathology 1,024^2, 1,024 tokens "
            "(not 4,096^2, where a step of the decoder takes a minute of a core): Dice",
            target="within 0.5 points",
            measured=f"{dice['token']:.1f} against {dice['unetr']:.1f}: {gain:+.1f} points",
            is_met=gain >= -0.5,
            anchor="sources: the decoder is left out without loss",
            values={"dice": dice},
        )
    ]
