"""What is asked at each step, and what is made of the answers."""

import pytest
import torch

from training.autoencoder import fold
from training.learner import Diverged, Learner
from training.noise import question
from training.shapes import autoencoder, schedule
from training.views import shares, views


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_question_and_its_answer_give_the_picture_back() -> None:
    alphas = schedule().alphas_cumprod
    latents = torch.randn(64, 4, 8, 8, generator=dice())
    asked = question(latents, alphas, dice())
    signal = alphas[asked.at].view(-1, 1, 1, 1)
    back = signal.sqrt() * asked.noisy - (1 - signal).sqrt() * asked.target
    assert torch.allclose(back, latents, atol=1e-5)


def test_half_of_the_questions_are_asked_where_the_text_decides() -> None:
    at = question(torch.zeros(4000, 1, 1, 1), schedule().alphas_cumprod, dice()).at
    assert 0.62 < (at >= 700).float().mean() < 0.68
    assert at.min() >= 0
    assert at.max() <= 999


def test_nothing_of_a_picture_is_left_at_the_last_step() -> None:
    assert schedule().alphas_cumprod[-1] == pytest.approx(0, abs=1e-7)


def fitted(learner: Learner, network: torch.nn.Linear, steps: int) -> None:
    for step in range(steps):
        shown = torch.randn(32, 4, generator=dice(step)).bfloat16()
        loss = (network(shown).float() - shown.float().sum(1, keepdim=True)).square().mean()
        loss.backward()
        learner.learn(step, 0.02)


def test_it_learns_and_ends_as_its_average_in_full_precision() -> None:
    network = torch.nn.Linear(4, 1)
    learner = Learner([network], average=0.9)
    fitted(learner, network, 300)
    learner.finish()
    assert network.weight.dtype is torch.float32
    assert torch.allclose(network.weight, torch.ones(1, 4), atol=0.05)


def test_a_step_without_a_finite_gradient_changes_nothing() -> None:
    network = torch.nn.Linear(4, 1)
    learner = Learner([network], average=0.9)
    fitted(learner, network, 3)
    before = [value.clone() for value in learner.state()["masters"]]
    network(torch.full((1, 4), torch.inf).bfloat16()).sum().backward()
    learner.learn(3, 0.02)
    assert all(map(torch.equal, before, learner.state()["masters"]))
    fitted(learner, network, 300)
    assert torch.isfinite(network.weight).all()


def test_one_that_only_goes_astray_says_so() -> None:
    network = torch.nn.Linear(1, 1)
    learner = Learner([network], average=0.9)

    def astray(steps: int) -> None:
        for step in range(steps):
            network(torch.full((1, 1), torch.nan).bfloat16()).sum().backward()
            learner.learn(step, 0.02)

    astray(50)
    with pytest.raises(Diverged, match="in a row"):
        astray(1)


def test_a_learner_goes_on_where_another_stopped() -> None:
    network, other = torch.nn.Linear(4, 1), torch.nn.Linear(4, 1)
    learner, next_one = (Learner([one], average=0.9) for one in (network, other))
    fitted(learner, network, 5)
    next_one.load(learner.state())
    assert torch.equal(network.weight, other.weight)
    fitted(learner, network, 5)
    fitted(next_one, other, 5)
    assert torch.equal(network.weight, other.weight)


def test_folded_latents_have_no_mean_and_deviate_by_one_and_draw_the_same() -> None:
    torch.manual_seed(0)
    network = autoencoder().eval()
    shown = torch.rand(2, 3, 32, 32, generator=dice()) * 2 - 1
    with torch.no_grad():
        latents = network.encode(shown).latent_dist.mean
        before = network.decode(latents).sample
        fold(network, latents)
        folded = network.encode(shown).latent_dist.mean
        after = network.decode(folded).sample
    assert torch.allclose(folded.mean((0, 2, 3)), torch.zeros(4), atol=1e-4)
    assert torch.allclose(folded.std((0, 2, 3)), torch.ones(4), atol=1e-4)
    assert torch.allclose(before, after, atol=1e-3)


def test_views_have_the_shares_of_their_sizes_and_never_stretch() -> None:
    assert sum(shares(256).values()) == pytest.approx(1)
    pictures = torch.zeros(3, 3, 256, 256, dtype=torch.uint8)
    shapes = {tuple(view.shape[2:]): view for view, _ in views(pictures, 256)}
    assert set(shapes) == {(256, 256), (128, 128), (128, 160), (160, 128)}
    wide = shapes[128, 160]
    assert wide[..., :16].min() == 255 == wide[..., -16:].min()
    assert wide[..., 16:-16].max() == 0
