"""Functions broken on purpose, in the test's own database: what watches them must see it."""

from dataclasses import dataclass

from tests.integration.sql.conftest import Julia


@dataclass(frozen=True, slots=True)
class Break:
    """`old` in the body of `function` becomes `new`; `also`: a statement that goes with it."""

    function: str
    old: str
    new: str
    also: str = ""

    async def make(self, julia: Julia) -> None:
        body = await julia.value("select pg_get_functiondef($1::text::regprocedure)", self.function)
        assert self.old in body, f"{self.function} has changed: break it elsewhere"
        await julia.pool.execute(body.replace(self.old, self.new))
        if self.also:
            await julia.pool.execute(self.also)


SCOPES_THE_WRONG_WAY = Break(
    "private.julia_status_after_insert()",
    "new.status = 'ativo' and escopo @> new.escopo",
    "new.status = 'ativo' and new.escopo @> escopo",
)
A_RESTORED_SPEC_RESUMES = Break(
    "api.apply_status(jsonb)",
    "v_known and v_generation <= r.generation",
    "v_known and v_generation < r.generation",
)
A_NEW_RESOURCE_RESUMES = Break(
    "api.apply_status(jsonb)",
    "elsif not v_known or v_older",
    "elsif v_older",
)
A_REPEAT_IS_A_DECISION = Break(
    "api.apply_status(jsonb)",
    "and r.decisao = v_decisao and r.removido_em is null",
    "and false",
)
A_REMOVAL_ENDS_ALL = Break(
    "private.pauses_of(uuid)",
    "j.detalhes ->> 'uid' = p_uid::text and",
    "",
)
TIME_DOES_NOT_END_A_PAUSE = Break(
    "private.paused_for(uuid,text,uuid)",
    "coalesce(s.ate > api.agora(), true)",
    "true",
)
ANY_FIELD_OF_A_SCOPE_COVERS = Break(
    "private.paused_for(uuid,text,uuid)",
    "'instancia', p_instance, 'campanha', p_campanha",
    "'instancia', s.escopo -> 'instancia', 'campanha', p_campanha",
)
THE_CLAIM_FORGETS_THE_CAMPAIGN = Break(
    "api.claim_next(jsonb)",
    "private.paused_for(c.medico_id, c.instance, f.campanha_id)",
    "private.paused_for(c.medico_id, c.instance)",
)
THE_COMMIT_FORGETS_THE_PAUSE = Break(
    "api.commit_turn(jsonb)",
    "if private.paused_for(c.medico_id, c.instance) then",
    "if false then",
)

THE_CLAIM_TAKES_NO_LOCK = Break(
    "api.claim_next(jsonb)", "perform private.lock_status_shared();", ""
)
THE_COMMIT_TAKES_NO_LOCK = Break(
    "api.commit_turn(jsonb)", "perform private.lock_status_shared();", ""
)
THE_STOP_TAKES_NO_LOCK = Break(
    "private.julia_status_before_insert()",
    "perform pg_advisory_xact_lock(private.status_lock_key());",
    "",
)
NUMBERS_ARE_DRAWN_BEFORE_THE_LOCK = Break(
    "private.julia_status_before_insert()",
    "new.id := nextval('public.julia_status_id_seq');",
    "",
    "alter table julia_status alter id set default nextval('julia_status_id_seq')",
)
A_LATE_CLAIM_IS_POSTED = Break(
    "private.claim_answer(public.envios)", "'budget_ms', 2000", "'budget_ms', 60000"
)
