"""Nobody waits longer than the period between two looks, and each step has about as much to do."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.push.turns import Turns, step_s
from tests.support.examples import times

MINUTE_S = 60.0
# What sums of floats may be off by.
ROUNDING_S = 1e-6

# What happens between two steps: how many steps the second comes after the first, who comes, of
# those that were looked up how long before they came, who of all leaves, and who is looked at for
# another reason. Shares are of what may be.
SHARE = st.floats(0, 1)
BETWEEN = st.tuples(
    st.floats(0, 2),
    st.lists(SHARE, max_size=3).flatmap(
        lambda ages: st.tuples(st.just(ages), st.sampled_from([1, 5, 40]))
    ),
    SHARE.map(lambda share: share**4),
    SHARE.map(lambda share: share**4),
)
PERIODS = st.sampled_from([0.1, 0.2, 1.0, 7.3, MINUTE_S, 3600.0])


class Model:
    """What is known of the turns of all, written from the promise alone."""

    def __init__(self, period_s):
        self.turns, self.period_s, self.now = Turns(), period_s, 1234.5
        self.names, self.looked_at = count(), {}

    def come(self, number=1, age_s=0.0):
        for _ in range(number):
            name = next(self.names)
            self.looked_at[name] = self.now - age_s
            self.turns.add(name, self.now - age_s, self.period_s)

    def leave(self, names):
        for name in names:
            del self.looked_at[name]
            self.turns.discard(name)

    def see(self, names):
        """Look at them for another reason."""
        self.looked_at |= dict.fromkeys(names, self.now)
        self.turns.looked_at(names, self.now, self.period_s)

    def step(self, steps=1.0):
        """The number of those whose turn it is after so many steps' time."""
        self.now += steps * step_s(self.period_s)
        taken = self.turns.take(self.now, self.period_s)
        assert len(taken) == len(set(taken))
        assert self.looked_at.keys() >= set(taken)
        waited_s = max((self.now - at for at in self.looked_at.values()), default=0)
        self.looked_at |= dict.fromkeys(taken, self.now)
        return len(taken), waited_s

    def some(self, share):
        return list(self.looked_at)[: round(share * len(self.looked_at))]


@settings(max_examples=times(200))
@given(PERIODS, st.lists(BETWEEN, max_size=150))
def test_nobody_waits_longer_than_the_period(period_s, story):
    model = Model(period_s)
    oldest_s = max(0.0, period_s - 2 * step_s(period_s))
    for steps, (ages, number), leaving, seen in story:
        for age in ages:
            model.come(number, age * oldest_s)
        model.leave(model.some(leaving))
        model.see(model.some(seen))
        _, waited_s = model.step(steps)
        assert waited_s <= period_s + ROUNDING_S


@settings(max_examples=times(50))
@given(st.integers(0, 300), PERIODS, PERIODS, st.integers(0, 130))
def test_another_period_holds_from_the_next_step_on(number, before_s, after_s, steps):
    model = Model(before_s)
    model.come(number)
    for _ in range(steps):
        model.step()
    model.period_s = after_s
    model.step()
    for _ in range(130):
        _, waited_s = model.step()
        assert waited_s <= after_s + ROUNDING_S


def test_a_storm_is_flat_from_the_first_step_on():
    model, taken = Model(MINUTE_S), []
    for _ in range(2):
        model.come(2500)
        taken.append(model.step()[0])
    taken += [model.step()[0] for _ in range(300)]
    assert max(taken) <= 5000 / 55
    # And for no more of the time than that takes.
    assert sum(taken[60:]) <= 5000 * 240 / 55


def test_a_storm_upon_others_adds_to_each_step():
    model = Model(MINUTE_S)
    for _ in range(60):
        model.come(83)
        model.step()
    model.come(5000)
    assert max(model.step()[0] for _ in range(300)) <= 2 * 5000 / 55


def test_those_who_stay_when_most_leave_are_looked_at_no_faster():
    model = Model(MINUTE_S)
    model.come(10_000)
    for _ in range(50):
        model.step()
    seen = [name for name, at in model.looked_at.items() if at > model.now - 50]
    model.leave(seen)
    assert len(model.looked_at) < 2000
    assert max(model.step()[0] for _ in range(120)) <= 10_000 / 55


@pytest.mark.parametrize("number", [1, 20, 100])
def test_few_are_looked_at_together_and_hardly_more_often_than_they_must(number):
    model = Model(MINUTE_S)
    for _ in range(number):
        model.come()
        model.step(60 / number / 2)
    taken = [model.step()[0] for _ in range(600)]
    assert sum(taken) <= number * 13
    assert sum(1 for one in taken if one) <= 13 * max(1, number / 20)


def test_who_has_left_stays_away():
    model = Model(MINUTE_S)
    model.come(3)
    model.turns.discard(0)
    model.turns.discard(0)
    model.turns.discard("never there")
    model.turns.looked_at([0, 1], model.now, MINUTE_S)
    assert sorted(model.turns.take(model.now + 60, MINUTE_S)) == [1, 2]
    model.turns.discard(1)
    model.turns.discard(2)
    assert model.turns.take(model.now + 120, MINUTE_S) == []


def test_the_oldest_come_first():
    turns = Turns()
    for name, at in (("new", 160.0), ("old", 100.0), ("late", 130.0)):
        turns.add(name, at, MINUTE_S)
    for number in range(100):
        turns.add(number, 161.0, MINUTE_S)
    taken = turns.take(161.0, MINUTE_S)
    assert taken[:3] == ["old", "late", "new"]
    assert len(taken) < 100
