"""Edit locks over REST."""

from __future__ import annotations

from app.persistence.database import Database
from tests.web.rest_face import face_of


async def test_a_lock_is_held_renewed_and_released(database: Database) -> None:
    async with face_of(database) as face:
        group = (await face.ask("POST", "/api/type-group", {"apiName": "one", "displayName": "One"})).json()["rid"]
        path = f"/api/lock/{group}"
        assert await face.code("GET", path) == (404, "NOT_FOUND")

        held = (await face.ask("POST", path)).json()
        assert (held["rid"], held["holder"], held["holderName"]) == (group, "edith", "Edith Editor")
        assert (await face.ask("GET", path, by="vera")).json() == {key: value for key, value in held.items() if key != "token"}

        refused = await face.ask("PUT", f"/api/type-group/{group}", {"displayName": "Theirs", "expectedVersion": 1}, by="rosa")
        assert (refused.status_code, refused.json()["code"], refused.json()["holder"], refused.json()["until"]) == (
            409, "LOCKED", "edith", held["until"],
        )  # fmt: skip
        assert await face.code("POST", path, by="rosa") == (409, "LOCKED")
        assert await face.code("PUT", path, {"token": held["token"]}, by="rosa") == (409, "FENCED")
        renewed = (await face.ask("PUT", path, {"token": held["token"]})).json()
        assert (renewed["token"], renewed["until"] > held["until"]) == (held["token"], True)

        token = {"oms-lock-token": str(held["token"])}
        changed = await face.ask("PUT", f"/api/type-group/{group}", {"displayName": "Mine", "expectedVersion": 1}, headers=token)
        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        assert (await face.ask("DELETE", f"{path}?token={held['token']}")).json()["holder"] == "edith"
        assert await face.code("PUT", f"/api/type-group/{group}", {"displayName": "Late", "expectedVersion": 2}, headers=token) == (
            409, "FENCED",
        )  # fmt: skip
        assert (await face.ask("GET", f"/api/type-group/{group}")).json()["displayName"] == "Mine"


async def test_an_admin_breaks_a_lock(database: Database) -> None:
    async with face_of(database) as face:
        group = (await face.ask("POST", "/api/type-group", {"apiName": "one", "displayName": "One"})).json()["rid"]
        path = f"/api/lock/{group}"
        await face.ask("POST", path)
        assert await face.code("DELETE", f"{path}?break=true", by="rosa") == (403, "FORBIDDEN")

        assert (await face.ask("DELETE", f"{path}?break=true", by="ada")).json()["holder"] == "edith"

        assert await face.code("GET", path) == (404, "NOT_FOUND")
        assert (await face.ask("POST", path, by="rosa")).json()["holder"] == "rosa"


async def test_what_names_no_lock_is_refused(database: Database) -> None:
    async with face_of(database) as face:
        group = (await face.ask("POST", "/api/type-group", {"apiName": "one", "displayName": "One"})).json()["rid"]
        for token in ("x", "-1", "1.5", "9" * 30, True, None, [1]):
            assert await face.code("PUT", f"/api/lock/{group}", {"token": token}) == (400, "BAD_USER_INPUT")
        assert await face.code("DELETE", f"/api/lock/{group}?token=x") == (400, "BAD_USER_INPUT")
        assert await face.code("POST", "/api/lock/nothing") == (404, "NOT_FOUND")
        assert await face.code("POST", f"/api/lock/{group}", by="vera") == (403, "FORBIDDEN")
        for header in ("x", "1 2", ", ".join("7" * 201)):
            assert (
                await face.ask(
                    "PUT", f"/api/type-group/{group}", {"displayName": "X", "expectedVersion": 1}, headers={"oms-lock-token": header}
                )
            ).status_code == 400
        assert (await face.ask("GET", f"/api/type-group/{group}")).json()["version"] == 1
