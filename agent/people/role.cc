#include "agent/people/role.h"

#include <algorithm>
#include <string>

#include "policy/quote.h"

namespace agent::people {
namespace {

constexpr std::array<std::string_view, 7> role_names{
    "viewer", "analyst", "approver", "senior_approver", "auditor", "admin", "exporter"};

}  // namespace

std::string_view Name(Role role) {
  return role_names[static_cast<std::size_t>(role)];
}

policy::Result<Role> ParseRole(std::string_view name) {
  const auto found = std::find(role_names.begin(), role_names.end(), name);
  if (found != role_names.end()) return static_cast<Role>(found - role_names.begin());
  return policy::Fail(policy::ErrorCode::malformed_input,
                      "no role " + policy::Quote(name) +
                          "; there are viewer, analyst, approver, senior_approver, auditor, admin "
                          "and exporter");
}

}  // namespace agent::people
