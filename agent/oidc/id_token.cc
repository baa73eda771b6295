#include "agent/oidc/id_token.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>

#include "platform/encoding.h"

namespace agent::oidc {
namespace {

using nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;

constexpr std::size_t token_size_max = 64 * 1024;
constexpr std::size_t subject_size_max = 255;  // OpenID Connect Core 1.0 section 2
constexpr std::size_t roles_max = 1000;
constexpr std::int64_t seconds_max = 253'402'300'799;  // the year 9999
// A token is for now: an old one that somebody kept is none, even if it has not expired.
constexpr std::chrono::seconds age_max{600};

using Jws = std::unique_ptr<cjose_jws_t, decltype(&cjose_jws_release)>;

tl::unexpected<policy::Error> Refuse(const std::string& why) {
  return Fail(ErrorCode::unauthenticated, "the provider's ID token is not good: " + why);
}

std::string HeaderOf(cjose_jws_t* jws, const char* name) {
  cjose_err error{};
  const char* value = cjose_header_get(cjose_jws_get_protected(jws), name, &error);
  return value == nullptr ? "" : value;
}

// The verified payload.
Result<std::string> Verified(std::string_view token, const KeySet& keys) {
  if (token.size() > token_size_max) return Refuse("it is too long");
  cjose_err error{};
  const Jws jws(cjose_jws_import(token.data(), token.size(), &error), cjose_jws_release);
  if (jws == nullptr) return Refuse("it is no signed token");
  const std::string algorithm = HeaderOf(jws.get(), "alg");
  if (algorithm != "RS256" && algorithm != "ES256") {
    return Refuse("it is not signed by RS256 or ES256");
  }
  if (char* critical = cjose_header_get_raw(cjose_jws_get_protected(jws.get()), "crit", &error)) {
    cjose_get_dealloc()(critical);
    return Refuse("it demands an extension");
  }
  const auto* key = keys.Find(algorithm, HeaderOf(jws.get(), "kid"));
  if (key == nullptr) {
    return Fail(ErrorCode::not_found,
                "the provider's ID token is signed by a key that the provider "
                "does not publish");
  }
  if (!cjose_jws_verify(jws.get(), key, &error)) return Refuse("its signature is wrong");
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) return Refuse("it is empty");
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

std::string TextOf(const json& claims, const std::string& name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : "";
}

// Seconds since 1970, which may have a fraction; nothing if it is absent or absurd.
std::optional<TimePoint> TimeOf(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= static_cast<double>(seconds_max))) return std::nullopt;
  return TimePoint(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

std::vector<std::string> TextsOf(const json& claims, const std::string& name) {
  const auto found = claims.find(name);
  std::vector<std::string> texts;
  if (found == claims.end()) return texts;
  if (found->is_string()) return {found->get<std::string>()};
  if (!found->is_array()) return texts;
  for (const json& each : *found) {
    if (each.is_string() && texts.size() < roles_max) texts.push_back(each.get<std::string>());
  }
  return texts;
}

Result<void> CheckAudience(const json& claims, const std::string& client_id) {
  const auto audience = TextsOf(claims, "aud");
  if (std::find(audience.begin(), audience.end(), client_id) == audience.end()) {
    return Refuse("it is for another client (aud)");
  }
  const bool has_party = claims.contains("azp");
  if ((has_party || audience.size() > 1) && TextOf(claims, "azp") != client_id) {
    return Refuse("it was issued to another client (azp)");
  }
  return {};
}

Result<void> CheckTimes(const json& claims, const Expected& expected, TimePoint now) {
  const auto expires = TimeOf(claims, "exp");
  const auto issued = TimeOf(claims, "iat");
  const auto not_before = TimeOf(claims, "nbf");
  if (!expires || now >= *expires + clock_skew_max) return Refuse("it has expired (exp)");
  if (!issued || *issued > now + clock_skew_max) {
    return Refuse("it is from the future (iat); compare the two clocks");
  }
  if (*issued + age_max < now) return Refuse("it is too old (iat); compare the two clocks");
  if (claims.contains("nbf") && (!not_before || *not_before > now + clock_skew_max)) {
    return Refuse("it is not valid yet (nbf)");
  }
  if (!expected.authenticated_since) return {};
  const auto authenticated = TimeOf(claims, "auth_time");
  if (!authenticated || *authenticated + clock_skew_max < *expected.authenticated_since) {
    return Refuse("the person did not authenticate anew (auth_time)");
  }
  return {};
}

}  // namespace

Result<IdToken> ReadIdToken(std::string_view token, const KeySet& keys, const Expected& expected,
                            TimePoint now) {
  const auto payload = Verified(token, keys);
  if (!payload) return tl::unexpected(payload.error());
  const json claims = json::parse(*payload, nullptr, false);
  if (!claims.is_object()) return Refuse("its claims are no JSON object");
  if (TextOf(claims, "iss") != expected.issuer) return Refuse("it is by another issuer (iss)");
  if (auto good = CheckAudience(claims, expected.client_id); !good) {
    return tl::unexpected(good.error());
  }
  if (auto good = CheckTimes(claims, expected, now); !good) return tl::unexpected(good.error());
  if (!platform::EqualInConstantTime(TextOf(claims, "nonce"), expected.nonce)) {
    return Refuse("it answers another log-in (nonce)");
  }
  IdToken read{TextOf(claims, "sub"), TextOf(claims, expected.name_claim),
               TextsOf(claims, expected.role_claim), TimeOf(claims, "auth_time")};
  if (read.subject.empty() || read.subject.size() > subject_size_max) {
    return Refuse("it does not say whose it is (sub)");
  }
  return read;
}

}  // namespace agent::oidc
