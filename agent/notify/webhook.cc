#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/notify/channel.h"
#include "agent/notify/post.h"
#include "platform/encoding.h"

namespace agent::notify {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using Json = nlohmann::ordered_json;

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::size_t secret_size_min = 16;  // bytes

Result<std::string> KeyOf(std::string_view secret) {
  if (!secret.starts_with(secret_prefix)) return std::string(secret);
  auto key = platform::FromBase64(secret.substr(secret_prefix.size()));
  if (!key) return Fail(key.error().code, "the secret is no Base64 behind whsec_");
  return key;
}

std::string BodyOf(const Batch& batch, const Voice& voice) {
  Json events = Json::array();
  for (const Event& event : batch.events) {
    events.push_back({{"type", event.kind->name},
                      {"at", policy::FormatTime(event.at)},
                      {"subject", event.subject},
                      {"actor", event.actor},
                      {"reason", event.reason},
                      {"count", event.count},
                      {"text", SentenceOf(event, voice.language)},
                      {"link", LinkOf(event, voice)}});
  }
  const Json body{{"type", "sekisho.events"},
                  {"timestamp", policy::FormatTime(batch.events.front().at)},
                  {"data", {{"events", std::move(events)}}}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Webhook final : public Channel {
 public:
  Webhook(WebhookSettings settings, Voice voice, platform::HttpClient& client)
      : settings_(std::move(settings)), voice_(std::move(voice)), client_(client) {}

  Result<void> Send(const Batch& batch, std::stop_token stop) override {
    const auto secret = ReadSecret(settings_.secret_file);
    if (!secret) return tl::unexpected(secret.error());
    const std::string body = BodyOf(batch, voice_);
    const auto signature = SignatureOf(*secret, batch.id, batch.at, body);
    if (!signature) return tl::unexpected(signature.error());
    return Post(
        client_,
        {.url = settings_.url,
         .body = body,
         .headers = {{"webhook-id", batch.id},
                     {"webhook-timestamp", std::to_string(batch.at.time_since_epoch().count())},
                     {"webhook-signature", *signature}},
         .ca_file = settings_.ca_file,
         .allow_private = settings_.allow_private,
         .stop = std::move(stop)});
  }

 private:
  const WebhookSettings settings_;
  const Voice voice_;
  platform::HttpClient& client_;
};

}  // namespace

Result<std::string> SignatureOf(std::string_view secret, std::string_view id, TimePoint at,
                                std::string_view body) {
  const auto key = KeyOf(secret);
  if (!key) return tl::unexpected(key.error());
  if (key->size() < secret_size_min) {
    return Fail(ErrorCode::malformed_input,
                "the secret is too short: make one with `openssl rand -base64 32`");
  }
  std::string text(id);
  text += '.' + std::to_string(at.time_since_epoch().count()) + '.';
  text += body;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(),
           &size) == nullptr) {
    return Fail(ErrorCode::unavailable, "OpenSSL could not sign");
  }
  return "v1," + platform::ToBase64({reinterpret_cast<const char*>(mac.data()), size});
}

std::unique_ptr<Channel> MakeWebhook(WebhookSettings settings, Voice voice,
                                     platform::HttpClient& client) {
  return std::make_unique<Webhook>(std::move(settings), std::move(voice), client);
}

}  // namespace agent::notify
