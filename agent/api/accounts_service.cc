#include <optional>
#include <string>

#include "agent/api/services.h"
#include "proto/convert.h"
#include "sekisho/v1/people.pb.h"

namespace agent::api {
namespace {

using policy::Result;
namespace v1 = sekisho::v1;

constexpr std::chrono::seconds token_lifetime_default = std::chrono::hours(24 * 90);

v1::Account ToMessage(const store::Account& account, policy::TimePoint now) {
  v1::Account message;
  message.set_name(account.name);
  message.set_role(account.role);
  message.set_disabled(account.disabled);
  message.set_invited(account.invitation_expires && now < *account.invitation_expires);
  message.set_has_password(!account.password.empty());
  message.set_has_one_time_code(!account.one_time_secret.empty());
  *message.mutable_created() = proto::ToTimestamp(account.created);
  if (account.last_log_in) {
    *message.mutable_last_log_in() = proto::ToTimestamp(*account.last_log_in);
  }
  return message;
}

v1::Token ToMessage(const store::ApiToken& token) {
  v1::Token message;
  message.set_id(token.id);
  message.set_name(token.name);
  message.set_role(token.role);
  message.set_created_by(token.created_by);
  *message.mutable_created() = proto::ToTimestamp(token.created);
  *message.mutable_expires() = proto::ToTimestamp(token.expires);
  message.set_revoked(token.revoked);
  message.set_scope(token.scope);
  return message;
}

v1::TokenRole ToMessage(Role role) {
  v1::TokenRole message;
  message.set_name(std::string(Name(role)));
  for (const Access& access : AccessTable()) {
    if (access.use != Access::For::everywhere || !access.roles.Has(role)) continue;
    message.add_methods(std::string(people::ScopeTermOf(access.method)));
  }
  return message;
}

Result<v1::ListTokensResponse> ListTokens(const Desk& desk) {
  v1::ListTokensResponse response;
  for (const auto& token : desk.people.Tokens()) *response.add_tokens() = ToMessage(token);
  for (const Role role : people::all_roles) {
    // Exporters come by certificate.
    if (role != Role::exporter) *response.add_roles() = ToMessage(role);
  }
  return response;
}

template <class Response>
Result<Response> Done(const Result<void>& done) {
  if (!done) return tl::unexpected(done.error());
  return Response();
}

// Whoever has a part of a role must not make somebody of all of it.
Result<void> CheckHasAllOfTheRole(const Caller& caller) {
  if (caller.scope.empty()) return {};
  return policy::Fail(policy::ErrorCode::not_allowed,
                      "a token with a scope makes nobody who has none; use another");
}

Result<v1::InviteResponse> Invite(const Desk& desk, const Caller& caller,
                                  const v1::InviteRequest& request) {
  if (auto may = CheckHasAllOfTheRole(caller); !may) return tl::unexpected(may.error());
  std::optional<Role> role;
  if (!request.role().empty()) {
    const auto parsed = ParseRole(request.role());
    if (!parsed) return tl::unexpected(parsed.error());
    role = *parsed;
  }
  const auto invitation = desk.people.Invite(caller.name, request.name(), role);
  if (!invitation) return tl::unexpected(invitation.error());
  v1::InviteResponse response;
  response.set_token(invitation->token);
  *response.mutable_expires() = proto::ToTimestamp(invitation->expires);
  // Behind a "#", so that browsers send it to nobody, and no log has it.
  response.set_link(desk.web_origin + "/invitation#" + invitation->token);
  return response;
}

Result<v1::CreateTokenResponse> CreateToken(const Desk& desk, const Caller& caller,
                                            const v1::CreateTokenRequest& request) {
  if (auto may = CheckHasAllOfTheRole(caller); !may) return tl::unexpected(may.error());
  const auto role = ParseRole(request.role());
  if (!role) return tl::unexpected(role.error());
  auto lifetime = token_lifetime_default;
  if (request.has_lifetime()) {
    const auto asked = proto::FromDuration(request.lifetime());
    if (!asked) return tl::unexpected(asked.error());
    lifetime = *asked;
  }
  const auto scope = people::TokenScope::From({request.scope().begin(), request.scope().end()});
  if (!scope) return tl::unexpected(scope.error());
  if (auto good = CheckScope(*scope, *role); !good) return tl::unexpected(good.error());
  const auto made = desk.people.CreateToken(caller.name, request.name(), *role, lifetime, *scope);
  if (!made) return tl::unexpected(made.error());
  v1::CreateTokenResponse response;
  *response.mutable_token() = ToMessage(made->token);
  response.set_secret(made->secret);
  return response;
}

void AddTokens(MethodTable& table, const Desk& desk) {
  table.Add<v1::ListTokensRequest, v1::ListTokensResponse>(
      "sekisho.v1.Accounts.ListTokens",
      [&desk](const Caller&, const auto&) { return ListTokens(desk); });
  table.Add<v1::CreateTokenRequest, v1::CreateTokenResponse>(
      "sekisho.v1.Accounts.CreateToken", [&desk](const Caller& caller, const auto& request) {
        return CreateToken(desk, caller, request);
      });
  table.Add<v1::RevokeTokenRequest, v1::RevokeTokenResponse>(
      "sekisho.v1.Accounts.RevokeToken", [&desk](const Caller& caller, const auto& request) {
        return Done<v1::RevokeTokenResponse>(desk.people.RevokeToken(caller.name, request.id()));
      });
}

}  // namespace

void AddAccounts(MethodTable& table, const Desk& desk) {
  table.Add<v1::ListAccountsRequest, v1::ListAccountsResponse>(
      "sekisho.v1.Accounts.ListAccounts",
      [&desk](const Caller&, const auto&) -> Result<v1::ListAccountsResponse> {
        v1::ListAccountsResponse response;
        for (const auto& account : desk.people.Accounts()) {
          *response.add_accounts() = ToMessage(account, desk.clock.Now());
        }
        return response;
      });
  table.Add<v1::InviteRequest, v1::InviteResponse>(
      "sekisho.v1.Accounts.Invite",
      [&desk](const Caller& caller, const auto& request) { return Invite(desk, caller, request); });
  table.Add<v1::SetRoleRequest, v1::SetRoleResponse>(
      "sekisho.v1.Accounts.SetRole",
      [&desk](const Caller& caller, const auto& request) -> Result<v1::SetRoleResponse> {
        const auto role = ParseRole(request.role());
        if (!role) return tl::unexpected(role.error());
        return Done<v1::SetRoleResponse>(desk.people.SetRole(caller.name, request.name(), *role));
      });
  table.Add<v1::SetDisabledRequest, v1::SetDisabledResponse>(
      "sekisho.v1.Accounts.SetDisabled", [&desk](const Caller& caller, const auto& request) {
        return Done<v1::SetDisabledResponse>(
            desk.people.SetDisabled(caller.name, request.name(), request.disabled()));
      });
  AddTokens(table, desk);
}

}  // namespace agent::api
