import pytest

from tests.views.session.runs import metric, write_data, write_run
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.run_folder import append_metrics
from vitsci_viz.views.session.dataset import open_data
from vitsci_viz.views.session.estimate import batch_cost, overhead_s
from vitsci_viz.views.session.planning import is_alike, known_speed, plan_of
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.speed import probe_speed, speed_of_run

OPTIONS = TrainOptions(length=100, batch_size=2)


@pytest.fixture
def data(tmp_path):
    return open_data("discs", str(write_data(tmp_path / "discs")))


def test_a_plan_says_what_a_run_will_take(data, tmp_path):
    plan = plan_of(data, OPTIONS, RunBook(tmp_path / "runs"))
    assert (plan.facts.train, plan.estimate.steps) == (4, 200)
    assert plan.estimate.sequence.tokens <= 100
    assert len(plan.pictures) == 4
    assert plan.guidance.spans["length"].high > 100
    assert "guessed from a matrix product" in plan.lines[-1].note


def test_an_earlier_run_of_the_same_kind_says_how_fast_the_machine_is(data, tmp_path):
    # 100 tokens in half a second, two sequences a step: the metrics of a run with 100 tokens a sequence
    write_run(tmp_path / "runs" / "former", steps=30, total=30, **OPTIONS.to_mapping())
    book = RunBook(tmp_path / "runs")
    facts, sequence = data.facts(OPTIONS), data.sequences(OPTIONS)
    found = known_speed(book, OPTIONS, facts, sequence)
    flops, _ = batch_cost(OPTIONS, facts, sequence, 100, 2)
    assert found.flops_per_s == pytest.approx(flops / (0.5 - overhead_s(OPTIONS)))
    assert found.source == "from the speed of the run former on this machine"


@pytest.mark.parametrize("change", [{"architecture": "monai_unet"}, {"head": "unetr"}, {"device": "cpu"}])
def test_a_run_of_another_kind_says_nothing(change):
    assert is_alike(OPTIONS, OPTIONS.replace(epochs=3, encoder="small"))
    assert not is_alike(OPTIONS, OPTIONS.replace(**change))


def test_a_short_run_says_nothing(data, tmp_path):
    run = write_run(tmp_path / "runs" / "short", steps=5, **OPTIONS.to_mapping())
    book = RunBook(tmp_path / "runs")
    facts, sequence = data.facts(OPTIONS), data.sequences(OPTIONS)
    assert known_speed(book, OPTIONS, facts, sequence) == probe_speed()
    for step in range(6, 40):
        append_metrics(run, metric(step))
    assert known_speed(book, OPTIONS, facts, sequence) != probe_speed()


def test_the_speed_of_a_run_leaves_out_validations_and_resumptions():
    rows = [metric(step, seconds=2.0 * step + (100 if step > 20 else 0)) for step in range(1, 41)]
    found = speed_of_run(rows, 10.0, name="a")
    assert found is not None
    assert found.flops_per_s == pytest.approx(5.0)
    assert speed_of_run(rows[:9], 10.0, name="a") is None
    assert speed_of_run(rows, 10.0, name="a", overhead_s=1.5) is None


def test_the_guess_is_a_speed():
    assert probe_speed().flops_per_s > 1e8
