"""Planted placement bugs are found, with the line that did it; the same code without the bug passes."""

from __future__ import annotations

import threading

import numpy
import pytest
import torch
from torch import nn

from generator.validation.placement import MACHINES, PlacementError, checked, stray

TARGETS = tuple(MACHINES)
DEVICE = {name: f"{machine.type}:0" for name, machine in MACHINES.items()}


class Scaled(nn.Module):
    """A model to plant bugs in: a weight, a buffer, and a tensor that `.to` does not know of."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 3)
        self.register_buffer("shift", torch.ones(3))
        self.plain = torch.ones(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x) + self.shift


def placed(device: str) -> tuple[Scaled, torch.Tensor]:
    return Scaled().to(device), torch.ones(2, 3, device=device)


def input_left_behind(device):
    return Scaled().to(device)(torch.ones(2, 3))


def input_moved(device):
    return Scaled().to(device)(torch.ones(2, 3).to(device))


def weight_left_behind(device):
    model, x = placed(device)
    model.inner.weight = nn.Parameter(torch.ones(3, 3))
    return model(x)


def weight_replaced_in_place(device):
    model, x = placed(device)
    model.inner.weight = nn.Parameter(torch.ones(3, 3, device=device))
    return model(x)


def range_without_device(device):
    _, x = placed(device)
    return x + torch.arange(3)


def range_with_device(device):
    _, x = placed(device)
    return x + torch.arange(3, device=x.device)


def plain_attribute(device):
    model, x = placed(device)
    return x + model.plain


def buffer(device):
    model, x = placed(device)
    return x + model.shift


def mixed_cat(device):
    _, x = placed(device)
    return torch.cat([x, torch.zeros(1, 3)])


def unmixed_cat(device):
    _, x = placed(device)
    return torch.cat([x, x.new_zeros(1, 3)])


def mixed_where(device):
    _, x = placed(device)
    return torch.where(x > 0, x, torch.zeros(2, 3))


def where_with_a_number(device):
    _, x = placed(device)
    return torch.where(x > 0, x, torch.tensor(0.0))


def mixed_gather(device):
    _, x = placed(device)
    return x.gather(1, torch.zeros(2, 1, dtype=torch.long))


def unmixed_gather(device):
    _, x = placed(device)
    return x.gather(1, torch.zeros(2, 1, dtype=torch.long, device=x.device))


def straight_to_numpy(device):
    return placed(device)[1].numpy()


def to_numpy_by_way_of_the_cpu(device):
    return placed(device)[1].cpu().numpy()


def handed_to_numpy(device):
    return numpy.asarray(placed(device)[1])


def foreign_generator(device):
    return torch.rand(3, device=device, generator=torch.Generator())


def own_generator(device):
    return torch.rand(3, device=device, generator=torch.Generator(device))


def mask_left_behind(device):
    _, x = placed(device)
    return x.masked_fill(torch.ones(2, 3, dtype=torch.bool), 0.0)


def mask_moved(device):
    _, x = placed(device)
    return x.masked_fill(torch.ones(2, 3, dtype=torch.bool, device=x.device), torch.tensor(0.0))


def attention_mask_left_behind(device):
    query = torch.ones(1, 1, 2, 4, device=device)
    return nn.functional.scaled_dot_product_attention(query, query, query, attn_mask=torch.ones(2, 2))


def attention_mask_moved(device):
    query = torch.ones(1, 1, 2, 4, device=device)
    mask = torch.ones(2, 2, device=device)
    return nn.functional.scaled_dot_product_attention(query, query, query, attn_mask=mask)


PLANTED = [
    (input_left_behind, input_moved, "addmm"),
    (weight_left_behind, weight_replaced_in_place, "addmm"),
    (range_without_device, range_with_device, "add"),
    (plain_attribute, buffer, "add"),
    (mixed_cat, unmixed_cat, "cat"),
    (mixed_where, where_with_a_number, "where"),
    (mixed_gather, unmixed_gather, "gather"),
    (straight_to_numpy, to_numpy_by_way_of_the_cpu, "numpy"),
    (handed_to_numpy, to_numpy_by_way_of_the_cpu, "numpy"),
    (foreign_generator, own_generator, "rand"),
    (mask_left_behind, mask_moved, "masked_fill"),
    (attention_mask_left_behind, attention_mask_moved, "scaled_dot_product_attention"),
]


@pytest.mark.parametrize("grad", [True, False], ids=["grad", "inference"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("broken", "mended", "operation"), PLANTED, ids=lambda each: getattr(each, "__name__", "")
)
def test_a_planted_bug_is_found_and_named(broken, mended, operation, target, grad):
    with checked(target), torch.inference_mode(not grad):
        with pytest.raises(PlacementError) as found:
            broken(DEVICE[target])
        result = mended(DEVICE[target])
    assert operation in found.value.operation
    assert DEVICE[target] in found.value.devices
    assert "test_placement.py" in found.value.where
    assert isinstance(result, numpy.ndarray) or result.device == torch.device(DEVICE[target])


def test_the_line_that_did_it_is_told():
    with checked("cuda"), pytest.raises(PlacementError, match=r"x \+ torch\.arange\(3\)"):
        range_without_device("cuda:0")


def test_tensors_of_two_gpus_do_not_mix():
    with checked("cuda"):
        model, x = Scaled().to("cuda:1"), torch.ones(2, 3, device="cuda:0")
        with pytest.raises(PlacementError, match="on cuda:1 and cuda:0"):
            model(x)
        with pytest.raises(PlacementError, match="index"):
            x[torch.zeros(1, dtype=torch.long, device="cuda:1")]
        assert model(x.to("cuda:1")).device == torch.device("cuda:1")


def test_a_device_without_a_number_is_the_current_one():
    with checked("cuda"):
        model, x = Scaled().to("cuda:1"), torch.ones(2, 3).to("cuda")
        with pytest.raises(PlacementError, match="on cuda:1 and cuda:0"):
            model(x)
        with torch.cuda.device(1):
            assert model(torch.ones(2, 3).to("cuda")).device == torch.device("cuda:1")


@pytest.mark.parametrize(
    "move", [lambda x: x.to("cuda:0"), lambda x: x.cuda(), lambda x: x.new_ones(1, device="cuda")]
)
def test_a_device_that_another_target_has_is_not_there(move):
    with checked("mps"):
        x = torch.ones(3, device="mps")
        with pytest.raises(PlacementError, match="no such device"):
            move(x)
    with checked("cuda"):
        assert move(torch.ones(3, device="cuda")).device == torch.device("cuda:0")


def test_a_device_beyond_the_last_is_not_there():
    with checked("cuda"), pytest.raises(PlacementError, match="2 devices"):
        torch.ones(3, device="cuda:2")


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.ones(3, device="mps", dtype=torch.float64),
        lambda: torch.tensor([1.0], device="mps", dtype=torch.float64),
        lambda: torch.ones(3, device="mps").double(),
        lambda: torch.ones(3, dtype=torch.float64).to("mps"),
        lambda: torch.from_numpy(numpy.ones(3)).to("mps"),
    ],
)
def test_metal_has_no_float64(make):
    with checked("mps"), pytest.raises(PlacementError, match="float64"):
        make()
    with checked("mps"):
        assert torch.from_numpy(numpy.ones(3)).to("mps", torch.float32).dtype is torch.float32


def x() -> torch.Tensor:
    return torch.arange(6.0, device="cuda:0").reshape(2, 3)


def number() -> torch.Tensor:
    return torch.tensor(2.0)


ALLOWED = {
    "add a number": lambda: x() + number(),
    "a number comes first": lambda: number() / x(),
    "add a number in place": lambda: x().add_(number()),
    "compare with a number": lambda: x() > number(),
    "clamp by a bound": lambda: torch.maximum(x(), number()),
    "fill with a number": lambda: x().fill_(number()),
    "index by the CPU's": lambda: x()[torch.tensor([0, 1])],
    "index by the CPU's mask": lambda: x()[torch.tensor([True, False])],
    "put by the CPU's": lambda: x().index_put_((torch.tensor([0]),), number()),
    "set a number": lambda: x().__setitem__(torch.tensor([0]), number()) or x(),
    "copy from the CPU": lambda: x().copy_(torch.ones(2, 3)),
    "set a slice from the CPU": lambda: x().__setitem__(0, torch.ones(3)) or x(),
    "make a tensor of tensors": lambda: torch.tensor([x()[0, 0], 1.0], device="cuda:0"),
    "make one like it": lambda: torch.zeros_like(x()),
}
REFUSED = {
    "add one number of one dimension": lambda: x() + torch.ones(1),
    "add to the CPU": lambda: torch.ones(()).add_(x()[0, 0]),
    "index the CPU's": lambda: torch.ones(3)[x().long()[0]],
    "put the CPU's": lambda: x().index_put_((torch.tensor([0]),), torch.ones(3)),
    "gather by a number": lambda: x()[0].gather(0, torch.tensor(0)),
    "stack a number": lambda: torch.stack([x()[0, 0], number()]),
    "clamp by a tensor": lambda: torch.clamp(x(), number()),
    "look up by the CPU's": lambda: nn.functional.embedding(torch.tensor([0]), x()),
    "select by the CPU's": lambda: x().index_select(0, torch.tensor([0])),
    "repeat by the CPU's": lambda: x().repeat_interleave(torch.tensor([1, 2]), dim=0),
    "multiply matrices": lambda: x() @ torch.ones(3, 2),
    "scatter": lambda: x().scatter_(1, torch.zeros(2, 1, dtype=torch.long, device="cuda"), torch.ones(2, 1)),
    "normalize": lambda: nn.functional.layer_norm(x(), (3,), torch.ones(3)),
}
"""As torch 2.13 with CUDA has it; where each rule comes from is in `device_rules`."""


@pytest.mark.parametrize("name", ALLOWED)
def test_what_torch_allows_passes(name):
    with checked("cuda"):
        assert ALLOWED[name]().is_cuda


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_refuses_is_found(name):
    with checked("cuda"), pytest.raises(PlacementError):
        REFUSED[name]()


def test_values_are_those_of_the_cpu():
    torch.manual_seed(0)
    model = Scaled()
    plain = model(torch.ones(2, 3)).tolist()
    with checked("cuda"):
        moved = model.to("cuda")
        assert stray(moved) == ()
        assert moved(torch.ones(2, 3, device="cuda")).tolist() == plain


def test_a_number_is_written_as_one():
    with checked("cuda"):
        assert f"expert_{torch.tensor(3, device='cuda')}" == "expert_3"
        assert f"{torch.tensor(0.5, device='cuda'):.2f}" == "0.50"
        assert "cuda" in f"{torch.ones(2, device='cuda')}"


def test_places_that_are_tensors_each_are_taken():
    with checked("cuda"):
        table, ones = torch.zeros(3, 3, device="cuda"), torch.ones(2, dtype=torch.long, device="cuda")
        rows, columns = zip(*torch.tensor([[0, 1], [2, 2]], device="cuda"), strict=True)
        table[rows, columns] = 4.0
        assert table.tolist() == [[0, 4, 0], [0, 0, 0], [0, 0, 4]]
        assert table[list(rows)].tolist() == [[0, 4, 0], [0, 0, 4]]
        assert table[ones, ones].tolist() == [0, 0]


def test_a_model_left_on_the_cpu_is_told():
    with checked("cuda"):
        assert stray(Scaled()) == ("inner.weight", "inner.bias", "shift")


def test_shapes_that_change_in_place_are_followed():
    with checked("cuda"):
        tensor = x().unsqueeze_(0).transpose_(0, 2)
        assert tensor.shape == tensor.cpu().shape == (3, 2, 1)


def test_threads_that_are_started_inside_are_checked():
    found = []

    def work() -> None:
        try:
            range_without_device("cuda:0")
        except PlacementError as error:
            found.append(error)

    with checked("cuda"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(found) == 1


@pytest.mark.parametrize("target", TARGETS)
def test_torch_says_that_the_device_is_there_inside_and_what_it_said_before_outside(target):
    def told() -> tuple:
        return (
            torch.cuda.is_available(),
            torch.cuda.device_count(),
            torch.version.hip,
            torch.backends.mps.is_available(),
            torch.accelerator.is_available(),
        )

    before = told()
    with checked(target):
        inside = told()
    assert told() == before
    is_cuda = MACHINES[target].type == "cuda"
    assert inside == (is_cuda, 2 if is_cuda else before[1], MACHINES[target].hip, not is_cuda, True)
    with pytest.raises((RuntimeError, AssertionError)):
        torch.ones(1, device=DEVICE[target])


def test_draws_are_put_back_on_every_device():
    with checked("cuda"), torch.random.fork_rng(devices=[0]):
        torch.manual_seed(1)
        first = torch.rand(3, device="cuda").tolist()
        torch.manual_seed(1)
        assert torch.rand(3, device="cuda").tolist() == first


def test_what_gpus_alone_compute_is_computed_in_another_type():
    with checked("cuda"):
        ones = torch.ones(2, 2, dtype=torch.bfloat16, device="cuda")
        assert torch.mm(ones, ones, out_dtype=torch.float32).tolist() == [[2.0, 2.0], [2.0, 2.0]]
        counts = torch.histc(torch.tensor([0, 1, 1], dtype=torch.int32, device="cuda"), 2, 0, 1)
        assert (counts.dtype, counts.tolist()) == (torch.int32, [1, 2])
    with checked("mps"), pytest.raises(PlacementError, match="no mps kernel"):
        ones = torch.ones(2, 2, dtype=torch.bfloat16, device="mps")
        torch.mm(ones, ones, out_dtype=torch.float32)
