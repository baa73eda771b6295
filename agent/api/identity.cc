#include "agent/api/identity.h"

#include <algorithm>

#include "agent/people/name.h"
#include "platform/encoding.h"
#include "policy/ascii.h"
#include "policy/quote.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;

std::string_view BytesOf(const policy::Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::optional<std::string_view> BearerToken(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size() ||
      !policy::EqualsIgnoringCase(authorization.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return authorization.substr(scheme.size());
}

bool Identities::May(const store::OpenActOf& act, TimePoint now) const {
  const auto may = [&](const auto& credential) {
    const Caller& caller = credential.caller;
    return caller.name == act.person && MayAct(caller.role, caller.scope, act.act);
  };
  return std::any_of(tokens_.begin(), tokens_.end(),
                     [&](const Token& token) {
                       return may(token) && (!token.expires || now < *token.expires);
                     }) ||
         std::any_of(certificates_.begin(), certificates_.end(), may);
}

Result<Identities> Identities::From(const AccessSettings& settings) {
  Identities identities;
  for (const TokenSettings& token : settings.tokens) {
    if (auto added = identities.Add(token); !added) return tl::unexpected(added.error());
  }
  for (const CertificateSettings& certificate : settings.certificates) {
    if (auto added = identities.Add(certificate); !added) {
      return tl::unexpected(added.error());
    }
  }
  return identities;
}

Result<void> Identities::Add(const TokenSettings& settings) {
  if (auto named = people::CheckName(settings.name); !named) return named;
  auto digest = policy::ParseSha256(settings.sha256);
  if (!digest) {
    return Fail(ErrorCode::malformed_input,
                "the token of " + settings.name +
                    " needs its SHA-256 in 64 hexadecimal digits: " + digest.error().detail);
  }
  const auto same = std::find_if(tokens_.begin(), tokens_.end(),
                                 [&](const Token& token) { return token.digest == *digest; });
  if (same != tokens_.end()) {
    return Fail(ErrorCode::malformed_input, same->caller.name + " and " + settings.name +
                                                " have the same token; give each their own");
  }
  if (auto good = CheckScope(settings.scope, settings.role); !good) return good;
  tokens_.push_back(
      {{settings.name, settings.role, false, settings.scope}, *digest, settings.expires});
  return {};
}

Result<void> Identities::Add(const CertificateSettings& settings) {
  if (auto named = people::CheckName(settings.name); !named) return named;
  if (settings.identity.empty()) {
    return Fail(ErrorCode::malformed_input,
                "the certificate of " + settings.name + " needs a subject alternative name");
  }
  const auto same = std::find_if(
      certificates_.begin(), certificates_.end(),
      [&](const Certificate& certificate) { return certificate.identity == settings.identity; });
  if (same != certificates_.end()) {
    return Fail(ErrorCode::malformed_input,
                "the certificate of " + policy::Quote(settings.identity) + " is given to both " +
                    same->caller.name + " and " + settings.name);
  }
  certificates_.push_back({{settings.name, settings.role}, settings.identity});
  return {};
}

Result<Caller> Identities::Identify(const Credentials& credentials, TimePoint now) const {
  if (credentials.authorization.size() > 1) {
    return Fail(ErrorCode::unauthenticated, "several authorization headers; send one");
  }
  if (!credentials.authorization.empty()) return ByToken(credentials.authorization.front(), now);
  if (credentials.is_certificate_revoked) {
    return Fail(ErrorCode::unauthenticated, "the client certificate is revoked; get a new one");
  }
  if (!credentials.certificate_names.empty()) return ByCertificate(credentials.certificate_names);
  return Fail(ErrorCode::unauthenticated,
              "who calls is not known: send \"authorization: Bearer TOKEN\" or a client "
              "certificate");
}

Result<Caller> Identities::ByToken(std::string_view authorization, TimePoint now) const {
  const auto token = BearerToken(authorization);
  if (!token) {
    return Fail(ErrorCode::unauthenticated, "the authorization header has to be \"Bearer TOKEN\"");
  }
  const policy::Sha256 digest = policy::Sha256Of(*token);
  // All are compared, each in constant time: how long it takes says nothing about any.
  const Token* found = nullptr;
  for (const Token& each : tokens_) {
    if (platform::EqualInConstantTime(BytesOf(each.digest), BytesOf(digest))) found = &each;
  }
  if (found == nullptr) return Fail(ErrorCode::unauthenticated, "the token is not known");
  if (found->expires && now >= *found->expires) {
    return Fail(ErrorCode::unauthenticated, "the token of " + found->caller.name + " expired at " +
                                                policy::FormatTime(*found->expires) +
                                                "; ask for a new one");
  }
  return found->caller;
}

Result<Caller> Identities::ByCertificate(const std::vector<std::string>& names) const {
  const Certificate* found = nullptr;
  for (const Certificate& certificate : certificates_) {
    if (std::find(names.begin(), names.end(), certificate.identity) == names.end()) continue;
    if (found != nullptr && found->caller.name != certificate.caller.name) {
      return Fail(ErrorCode::unauthenticated, "the client certificate stands for both " +
                                                  found->caller.name + " and " +
                                                  certificate.caller.name);
    }
    // Of two roles of one person, the one that the configuration gives first.
    if (found == nullptr) found = &certificate;
  }
  if (found == nullptr) {
    return Fail(ErrorCode::unauthenticated, "the client certificate is good, but no caller has " +
                                                policy::Quote(names.front()) +
                                                "; add it to the access settings, or send a token");
  }
  return found->caller;
}

}  // namespace agent::api
