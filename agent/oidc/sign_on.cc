#include "agent/oidc/sign_on.h"

#include <algorithm>
#include <utility>

#include "agent/oidc/form.h"
#include "agent/people/acts.h"
#include "platform/encoding.h"
#include "policy/quote.h"

namespace agent::oidc {
namespace {

using people::NewSecret;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::chrono::seconds waiting_max = std::chrono::minutes(10);
constexpr std::size_t waiting_per_address = 100;
constexpr std::size_t waiting_in_all = 10'000;

// PKCE, RFC 7636 section 4.2.
std::string Challenge(const std::string& verifier) {
  const policy::Sha256 digest = policy::Sha256Of(verifier);
  return platform::ToBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

SignOn::SignOn(Settings settings, const std::string& page_origin, platform::HttpClient& client,
               const platform::Clock& clock)
    : settings_(std::move(settings)),
      redirect_uri_(page_origin + std::string(redirect_path)),
      clock_(clock),
      provider_(settings_.provider, client, clock) {}

void SignOn::Forget(policy::TimePoint now) {
  std::erase_if(waiting_,
                [&](const auto& entry) { return now - entry.second.since > waiting_max; });
}

Result<void> SignOn::Keep(const std::string& state, Pending pending) {
  const std::lock_guard lock(mutex_);
  Forget(pending.since);
  const auto same = std::count_if(waiting_.begin(), waiting_.end(), [&](const auto& entry) {
    return entry.second.address == pending.address;
  });
  if (static_cast<std::size_t>(same) >= waiting_per_address || waiting_.size() >= waiting_in_all) {
    return Fail(ErrorCode::exhausted, "too many log-ins were begun; try again in ten minutes");
  }
  waiting_.emplace(state, std::move(pending));
  return {};
}

Result<SignOn::Begun> SignOn::Begin(const std::string& address, std::string_view session) {
  const auto endpoint = provider_.AuthorizationEndpoint();
  if (!endpoint) return tl::unexpected(endpoint.error());
  auto browser = NewSecret();
  auto state = NewSecret();
  auto nonce = NewSecret();
  auto verifier = NewSecret();
  for (const auto* each : {&browser, &state, &nonce, &verifier}) {
    if (!*each) return tl::unexpected(each->error());
  }
  const bool is_confirmation = !session.empty();
  auto kept = Keep(*state, {policy::Sha256Of(*browser), policy::Sha256Of(session), is_confirmation,
                            address, *nonce, *verifier, clock_.Now()});
  if (!kept) return tl::unexpected(kept.error());
  const char separator = endpoint->find('?') == std::string::npos ? '?' : '&';
  return Begun{*endpoint + separator +
                   Form({{"response_type", "code"},
                         {"scope", "openid profile email"},
                         {"client_id", settings_.provider.client_id},
                         {"redirect_uri", redirect_uri_},
                         {"state", *state},
                         {"nonce", *nonce},
                         {"code_challenge", Challenge(*verifier)},
                         {"code_challenge_method", "S256"},
                         {"prompt", is_confirmation ? "login" : ""},
                         {"max_age", is_confirmation ? "0" : ""}}),
               *browser};
}

// A state works once, and one of another browser's stays for that.
std::optional<SignOn::Pending> SignOn::Take(const std::string& state, std::string_view browser) {
  const std::lock_guard lock(mutex_);
  Forget(clock_.Now());
  const auto found = waiting_.find(state);
  if (found == waiting_.end() || found->second.browser != policy::Sha256Of(browser)) {
    return std::nullopt;
  }
  return std::move(waiting_.extract(found).mapped());
}

std::optional<people::Role> SignOn::RoleOf(const std::vector<std::string>& values) const {
  const auto rule =
      std::find_if(settings_.roles.begin(), settings_.roles.end(), [&](const RoleRule& each) {
        return std::find(values.begin(), values.end(), each.value) != values.end();
      });
  return rule == settings_.roles.end() ? std::nullopt : std::optional(rule->role);
}

Result<SignOn::Finished> SignOn::Finish(const Answer& answer, std::string_view browser,
                                        std::string_view session) {
  const auto pending = Take(answer.state, browser);
  if (!pending) {
    return Fail(ErrorCode::unauthenticated,
                "this log-in was not begun in this browser, was used already, or took longer than "
                "ten minutes; begin again");
  }
  if (pending->is_confirmation && pending->session != policy::Sha256Of(session)) {
    return Fail(ErrorCode::unauthenticated, "the session is over; log in again");
  }
  const auto& provider = settings_.provider;
  if ((provider_.NamesItself() || !answer.issuer.empty()) && answer.issuer != provider.issuer) {
    return Fail(ErrorCode::unauthenticated, "the answer is from another provider; begin again");
  }
  if (!answer.error.empty() || answer.code.empty()) {
    return Fail(ErrorCode::unauthenticated,
                "the sign-on provider refused: " + policy::Quote(answer.error) + "; begin again");
  }
  const auto since = pending->is_confirmation ? std::optional(pending->since) : std::nullopt;
  auto token = provider_.Redeem(answer.code, pending->verifier, redirect_uri_,
                                {provider.issuer, provider.client_id, pending->nonce, since,
                                 settings_.name_claim, settings_.role_claim});
  if (!token) return tl::unexpected(token.error());
  // No issuer has a "|", since that is no character of a URL.
  return Finished{{provider.issuer + "|" + token->subject, std::move(token->name),
                   RoleOf(token->roles), token->authenticated},
                  pending->is_confirmation};
}

}  // namespace agent::oidc
