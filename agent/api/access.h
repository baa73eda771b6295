#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "agent/people/role.h"
#include "agent/people/token_scope.h"
#include "agent/store/store.h"
#include "policy/result.h"

namespace agent::api {

using people::Name;
using people::ParseRole;
using people::Role;

// Who calls, as the credential says and never the request.
struct Caller {
  std::string name;  // the actor of every act in the history
  Role role;
  // A person's session that has to be confirmed by password before a wide decision.
  bool needs_step_up = false;
  people::TokenScope scope = {};  // of the token that the call came with
};

class Roles {
 public:
  constexpr Roles(std::initializer_list<Role> roles) {
    for (const Role role : roles) bits_ |= BitOf(role);
  }
  constexpr bool Has(Role role) const { return (bits_ & BitOf(role)) != 0; }

 private:
  static constexpr unsigned BitOf(Role role) { return 1U << static_cast<unsigned>(role); }
  unsigned bits_ = 0;
};

// A row of the access table: which roles may call a method.
struct Access {
  std::string_view method;  // as gRPC writes it: "/sekisho.v1.Queue/Decide"
  Roles roles;
  enum class For { everywhere, browsers, strangers } use = For::everywhere;
};

// The one table. `browsers`: through the web door only. `strangers`: there, and by anybody, whose
// name and role are then of no account. A method without a row may be called by nobody.
std::span<const Access> AccessTable();
const Access* FindAccess(std::string_view method);  // null without a row

// `not_allowed` with what to do about it, if `caller` may not call `method`.
policy::Result<void> CheckAccess(const Caller& caller, std::string_view method);

// Whether whoever has that role and scope may still do what that act was.
bool MayAct(Role role, const people::TokenScope& scope, store::OpenAct act);

// `malformed_input` for a scope with a term that stands for nothing that `role` may call.
policy::Result<void> CheckScope(const people::TokenScope& scope, Role role);

// `not_allowed` if the caller's token may not speak for that feed.
policy::Result<void> CheckFeed(const Caller& caller, std::string_view feed);

}  // namespace agent::api
