#include "agent/people/one_time_code.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "platform/encoding.h"

namespace agent::people {
namespace {

constexpr std::int64_t step_seconds = 30;
constexpr std::uint32_t codes = 1'000'000;

// RFC 4648 section 6, without padding.
std::string ToBase32(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  unsigned held = 0;
  int bits = 0;
  for (const char byte : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 5; bits -= 5) {
      text += digits[(held >> static_cast<unsigned>(bits - 5)) & 31U];
    }
  }
  if (bits > 0) text += digits[(held << static_cast<unsigned>(5 - bits)) & 31U];
  return text;
}

}  // namespace

std::int64_t StepAt(policy::TimePoint now) {
  return now.time_since_epoch().count() / step_seconds;
}

std::string CodeOf(std::string_view secret, std::int64_t step) {
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[counter.size() - 1 - i] =
        static_cast<unsigned char>((static_cast<std::uint64_t>(step) >> (8 * i)) & 0xff);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(),
       mac.data(), &size);
  // RFC 4226 section 5.3.
  const std::size_t at = mac[19] & 0x0fU;
  const std::uint32_t number = ((mac[at] & 0x7fU) << 24U) | (std::uint32_t{mac[at + 1]} << 16U) |
                               (std::uint32_t{mac[at + 2]} << 8U) | mac[at + 3];
  std::string code = std::to_string(number % codes);
  return code.insert(0, 6 - code.size(), '0');
}

std::optional<std::int64_t> AcceptCode(std::string_view secret, std::string_view code,
                                       std::int64_t last_step, policy::TimePoint now) {
  std::optional<std::int64_t> accepted;
  for (std::int64_t step = StepAt(now) - 1; step <= StepAt(now) + 1; ++step) {
    if (platform::EqualInConstantTime(CodeOf(secret, step), code) && step > last_step) {
      accepted = step;
    }
  }
  return accepted;
}

std::string OneTimeLink(std::string_view secret, std::string_view name) {
  std::string link = "otpauth://totp/Sekisho:";
  for (const char c : name) {
    if (c == '@') {
      link += "%40";
    } else if (static_cast<unsigned char>(c) < 0x80) {
      link += c;
    } else {
      link += '%';
      link += platform::ToHex(std::string_view(&c, 1));
    }
  }
  return link + "?secret=" + ToBase32(secret) + "&issuer=Sekisho";
}

}  // namespace agent::people
