#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace agent::api {

// What somebody may do. Each credential has exactly one role, so that duties stay apart: an
// analyst, who may be a script, says what is bad and does not approve it, an admin runs the agent
// and does not approve, an exporter enforces and sees nothing of people's work.
enum class Role : std::uint8_t { viewer, analyst, approver, auditor, admin, exporter };
std::string_view Name(Role role);
policy::Result<Role> ParseRole(std::string_view name);

// Who calls, as the credential says and never the request.
struct Caller {
  std::string name;  // the actor of every act in the history
  Role role;
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
};

// The one table. A method without a row may be called by nobody.
std::span<const Access> AccessTable();

// `not_allowed` with what to do about it, if `caller` may not call `method`.
policy::Result<void> CheckAccess(const Caller& caller, std::string_view method);

}  // namespace agent::api
