#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "policy/result.h"

namespace agent::people {

// What somebody may do. Each credential has exactly one role, so that duties stay apart: an
// analyst, who may be a script, says what is bad and does not approve it, an admin runs the agent
// and does not approve, an exporter enforces and sees nothing of people's work.
enum class Role : std::uint8_t {
  viewer,
  analyst,
  approver,
  senior_approver,  // an approver who may also act at once in an emergency, and review such acts
  auditor,
  admin,
  exporter,
};
inline constexpr std::array<Role, 7> all_roles{Role::viewer,          Role::analyst, Role::approver,
                                               Role::senior_approver, Role::auditor, Role::admin,
                                               Role::exporter};

std::string_view Name(Role role);
policy::Result<Role> ParseRole(std::string_view name);

}  // namespace agent::people
