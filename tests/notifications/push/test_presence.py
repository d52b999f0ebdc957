"""What a process says of who is connected to it."""

from notifications.models.process import unpack
from notifications.push.presence import Presence
from tests.notifications.push.hubs import Connection, run


def test_who_comes_and_who_goes_is_noticed():
    async def scenario(own):
        presence = Presence(own)
        first, second, last = Connection(7), Connection(7), Connection(3)
        for act, one, followed in (
            (own.register, first, [7]),
            (own.register, second, [7]),
            (own.register, last, [3, 7]),
            (own.unregister, first, [3, 7]),
            (own.unregister, second, [3]),
            (own.unregister, second, [3]),
            (own.unregister, last, []),
        ):
            act(one)
            assert list(unpack(presence._followed())) == followed

    run(scenario)


def test_where_nobody_comes_or_goes_nothing_is_put_in_order_again():
    async def scenario(own):
        presence = Presence(own)
        assert presence._followed() == b""
        own.register(Connection(7))
        assert presence._followed() is presence._followed()

    run(scenario)
