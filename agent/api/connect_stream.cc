#include "agent/api/connect_stream.h"

#include <cstdint>
#include <utility>

#include "agent/api/connect_error.h"

namespace agent::api {
namespace {

using platform::HttpServerResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t head_size = 5;  // flags, and the length in four bytes, the highest first
constexpr char plain = 0;
constexpr char end_of_stream = 2;

std::string Envelope(char flags, std::string_view message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  std::string bytes{flags};
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xffU);
  bytes += message;
  return bytes;
}

std::string LastEnvelope(const policy::Error& error) {
  return Envelope(end_of_stream, R"({"error":)" + ErrorJson(error) + "}");
}

class EnvelopeBody final : public platform::HttpBody {
 public:
  EnvelopeBody(std::shared_ptr<MessageStream> stream, Codec codec)
      : stream_(std::move(stream)), codec_(codec) {}

  std::optional<std::string> Next() override {
    if (!stream_) return std::nullopt;
    const auto message = stream_->Next();
    if (!message) return End(message.error());
    if (!*message) return std::string();
    const auto bytes = Write(**message, codec_);
    if (!bytes) return End(bytes.error());
    return Envelope(plain, *bytes);
  }

  void Await(std::function<void()> wake) override { stream_->Await(std::move(wake)); }

 private:
  std::string End(const policy::Error& error) {
    stream_.reset();
    return LastEnvelope(error);
  }

  std::shared_ptr<MessageStream> stream_;  // null once it has ended
  const Codec codec_;
};

HttpServerResponse Head(Codec codec) {
  return {200,
          {{"Content-Type", "application/connect+" + std::string(Name(codec))},
           {"Cache-Control", "no-store"},
           {"X-Accel-Buffering", "no"}},  // nginx would keep messages back until it has many
          nullptr};
}

}  // namespace

Result<std::string> OpenEnvelope(std::string_view body) {
  if (body.size() < head_size) {
    return Fail(ErrorCode::malformed_input, "the body is no enveloped message");
  }
  if (body[0] != plain) {
    return Fail(ErrorCode::malformed_input, "send the message without compression");
  }
  std::uint32_t size = 0;
  for (std::size_t i = 1; i < head_size; ++i) {
    size = size << 8 | static_cast<unsigned char>(body[i]);
  }
  body.remove_prefix(head_size);
  if (body.size() != size) {
    return Fail(ErrorCode::malformed_input, "the body is not one enveloped message");
  }
  return std::string(body);
}

HttpServerResponse StreamResponse(std::shared_ptr<MessageStream> stream, Codec codec) {
  HttpServerResponse response = Head(codec);
  response.stream = std::make_shared<EnvelopeBody>(std::move(stream), codec);
  return response;
}

HttpServerResponse StreamError(const policy::Error& error, Codec codec) {
  HttpServerResponse response = Head(codec);
  response.body = std::make_shared<const std::string>(LastEnvelope(error));
  return response;
}

}  // namespace agent::api
