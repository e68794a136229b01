"""The request body of `/v1/messages`, checked as strictly as the API checks it."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from julia_simulators.anthropic.attachments import File, file_of
from julia_simulators.anthropic.errors import ApiError

MAX_CACHE_MARKS = 4


class Part(BaseModel):
    """Anything inside a request; fields that are not checked are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class CacheControl(Part):
    """A mark: everything before and including its block may be cached."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class TextBlock(Part):
    """Text of the system prompt, of a person or of the model."""

    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]
    cache_control: CacheControl | None = None


class ToolUseBlock(Part):
    """The model asked for a tool."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]
    cache_control: CacheControl | None = None


class ToolResultBlock(Part):
    """The caller's answer to a `tool_use`."""

    type: Literal["tool_result"]
    tool_use_id: str
    content: str | list[Any] = ""
    is_error: bool = False
    cache_control: CacheControl | None = None


class FileBlock(Part):
    """An image, or a document (PDF or plain text)."""

    type: Literal["image", "document"]
    source: dict[str, Any]
    cache_control: CacheControl | None = None

    def file(self, where: str = "") -> File:
        """The file; raises `ApiError` 400 when the API would not take it."""
        return file_of(self.source, f"{where}.{self.type}", document=self.type == "document")


class OtherBlock(Part):
    """Thinking: counted, never read."""

    type: Literal["thinking", "redacted_thinking"]
    cache_control: CacheControl | None = None


type AnyBlock = TextBlock | ToolUseBlock | ToolResultBlock | FileBlock | OtherBlock
type Block = Annotated[AnyBlock, Field(discriminator="type")]


class Turn(Part):
    """One element of `messages`."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Block]

    def blocks(self) -> list[AnyBlock]:
        """The content as blocks; a string is short for one text block."""
        if isinstance(self.content, str):
            return [TextBlock(type="text", text=self.content)]
        return self.content

    def text(self) -> str:
        """The text blocks, one per line."""
        return "\n".join(block.text for block in self.blocks() if isinstance(block, TextBlock))

    def tool_uses(self) -> list[ToolUseBlock]:
        """The tools that the model asked for in this turn."""
        return [block for block in self.blocks() if isinstance(block, ToolUseBlock)]

    def tool_results(self) -> list[ToolResultBlock]:
        """The results that the caller returned in this turn."""
        return [block for block in self.blocks() if isinstance(block, ToolResultBlock)]

    def files(self) -> list[FileBlock]:
        """The images and documents in this turn."""
        return [block for block in self.blocks() if isinstance(block, FileBlock)]


class Tool(Part):
    """A tool that the model may call."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")]
    description: str = ""
    input_schema: dict[str, Any] = Field(default_factory=dict)
    cache_control: CacheControl | None = None


class ToolChoice(Part):
    """Whether tools may, must or must not be used."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None


class CountRequest(Part):
    """Body of `/v1/messages/count_tokens`, and what `/v1/messages` shares with it."""

    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[Turn], Field(min_length=1)]
    system: str | list[TextBlock] = ""
    tools: list[Tool] = Field(default_factory=list)
    tool_choice: ToolChoice | None = None
    cache_control: CacheControl | None = None

    def system_blocks(self) -> list[TextBlock]:
        """The system prompt as blocks; empty when there is none."""
        if isinstance(self.system, str):
            return [TextBlock(type="text", text=self.system)] if self.system else []
        return self.system

    def last_user_text(self) -> str:
        """What the person wrote since the model last answered in words.

        Only the last `user` element counts, besides the tool rounds that followed it: a caller
        that keeps earlier turns apart can say in this way which messages await an answer.
        """
        for turn in reversed(self.messages):
            if turn.role == "user" and not turn.tool_results():
                return turn.text()
        return ""


class Metadata(Part):
    """Who the caller says is being served."""

    user_id: Annotated[str, Field(max_length=256)] | None = None


class OutputFormat(Part):
    """The answer must be JSON of this schema."""

    type: Literal["json_schema"]
    # `schema` is a method's name in pydantic.
    wanted: Annotated[dict[str, Any], Field(alias="schema")]


class OutputConfig(Part):
    """How the answer should be."""

    format: OutputFormat | None = None


class MessagesRequest(CountRequest):
    """Body of `/v1/messages`."""

    max_tokens: Annotated[int, Field(ge=0, le=200_000)]
    stop_sequences: list[str] = Field(default_factory=list)
    stream: bool = False
    metadata: Metadata = Metadata()
    output_config: OutputConfig = OutputConfig()

    @property
    def user(self) -> str:
        """The caller's word for whom it serves; empty without one."""
        return self.metadata.user_id or ""

    def output_schema(self) -> dict[str, Any] | None:
        """The JSON schema that the answer must fit, if one is asked for."""
        wanted = self.output_config.format
        return None if wanted is None else wanted.wanted

    def files(self) -> list[File]:
        """All images and documents, in order."""
        return [block.file() for turn in self.messages for block in turn.files()]


def parse[T: CountRequest](model: type[T], body: object) -> T:
    """Read a request body.

    Raises `ApiError` 400 that names the field, or 404 for a model that is not Claude.
    """
    try:
        request = model.model_validate(body)
    except ValidationError as error:
        # Of the alternatives of a union the one that got furthest is what the caller meant.
        deepest = max(error.errors(), key=lambda problem: len(problem["loc"]))
        where = ".".join(str(part) for part in deepest["loc"]) or "body"
        raise ApiError(400, f"{where}: {deepest['msg']}") from error
    if not request.model.startswith("claude-"):
        raise ApiError(404, f"model: {request.model}")
    _check_turns(request.messages)
    _check_files(request.messages)
    if isinstance(request, MessagesRequest) and (schema := request.output_schema()) is not None:
        _check_output_schema(schema)
    _check_cache_marks(request)
    return request


def _check_turns(turns: list[Turn]) -> None:
    if turns[0].role != "user":
        raise ApiError(400, 'messages: first message must use the "user" role')
    if turns[-1].role == "assistant":
        raise ApiError(
            400,
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message.",
        )
    open_calls: set[str] = set()
    for index, turn in enumerate(turns):
        answered = {result.tool_use_id for result in turn.tool_results()}
        if answered - open_calls:
            raise ApiError(
                400,
                f"messages.{index}.content.0: unexpected `tool_use_id` found in `tool_result` "
                f"blocks: {min(answered - open_calls)}",
            )
        if open_calls - answered:
            raise ApiError(
                400,
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks "
                f"immediately after: {', '.join(sorted(open_calls - answered))}",
            )
        open_calls = {call.id for call in turn.tool_uses()}


def _check_files(turns: list[Turn]) -> None:
    for index, turn in enumerate(turns):
        for position, block in enumerate(turn.blocks()):
            if isinstance(block, FileBlock):
                if turn.role != "user":
                    raise ApiError(400, f"messages.{index}: files belong to user messages")
                block.file(f"messages.{index}.content.{position}")


def _check_output_schema(schema: object) -> None:
    """Every object of the schema must be closed, as structured outputs demand."""
    if isinstance(schema, list):
        for each in schema:
            _check_output_schema(each)
    elif isinstance(schema, dict):
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
            raise ApiError(
                400,
                "output_config.format.schema: For 'object' type, 'additionalProperties' must be "
                "explicitly set to false",
            )
        for each in schema.values():
            _check_output_schema(each)


def cache_marks(request: CountRequest) -> Iterator[CacheControl]:
    """All marks in the order in which the prompt is built: tools, system, messages."""
    marked = [
        *request.tools,
        *request.system_blocks(),
        *(block for turn in request.messages for block in turn.blocks()),
    ]
    for block in marked:
        if block.cache_control is not None:
            yield block.cache_control
    if request.cache_control is not None:
        yield request.cache_control


def _check_cache_marks(request: CountRequest) -> None:
    ttls = [mark.ttl for mark in cache_marks(request)]
    if len(ttls) > MAX_CACHE_MARKS:
        raise ApiError(
            400,
            f"A maximum of {MAX_CACHE_MARKS} blocks with cache_control may be provided. "
            f"Found {len(ttls)}.",
        )
    if ttls != sorted(ttls):  # "1h" sorts before "5m"
        raise ApiError(
            400,
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.",
        )
