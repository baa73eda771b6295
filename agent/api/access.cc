#include "agent/api/access.h"

#include <algorithm>
#include <array>

#include "policy/quote.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::array<std::string_view, 6> role_names{"viewer",  "analyst", "approver",
                                                     "auditor", "admin",   "exporter"};

constexpr Roles readers{Role::viewer, Role::analyst, Role::approver, Role::auditor, Role::admin};
constexpr Roles analysts{Role::analyst};
constexpr Roles approvers{Role::approver};
constexpr Roles operators{Role::approver, Role::admin};
constexpr Roles exporters{Role::exporter};

constexpr std::array<Access, 22> access_table{{
    {"/sekisho.v1.Feeds/ListFeeds", readers},
    {"/sekisho.v1.Feeds/RefreshFeeds", operators},
    // Not approvers: what they say could then be blocked by nobody's leave but their own.
    {"/sekisho.v1.Feeds/Observe", analysts},
    {"/sekisho.v1.Queue/ListProposals", readers},
    {"/sekisho.v1.Queue/GetProposal", readers},
    {"/sekisho.v1.Queue/Decide", approvers},
    {"/sekisho.v1.Blocks/ListBlocks", readers},
    {"/sekisho.v1.Blocks/AddBlock", approvers},
    {"/sekisho.v1.Blocks/RevokeBlocks", approvers},
    {"/sekisho.v1.Blocks/Why", readers},
    {"/sekisho.v1.Releases/ListReleases", readers},
    {"/sekisho.v1.Releases/GetRelease", readers},
    {"/sekisho.v1.Releases/DiffReleases", readers},
    {"/sekisho.v1.Releases/ListBrakes", readers},
    {"/sekisho.v1.Releases/ReleaseBrake", approvers},
    {"/sekisho.v1.Policy/Explain", readers},
    {"/sekisho.v1.Policy/Simulate", operators},
    {"/sekisho.v1.Devices/ListDevices", readers},
    {"/sekisho.v1.History/ListEntries", readers},
    {"/sekisho.v1.History/ListCheckpoints", readers},
    {"/sekisho.v1.History/ProveEntry", readers},
    // A stream of its own, which further demands the certificate of the very device
    // (agent/publish/enforcement_service.h).
    {"/sekisho.v1.Enforcement/Enforce", exporters},
}};

}  // namespace

std::string_view Name(Role role) {
  return role_names[static_cast<std::size_t>(role)];
}

Result<Role> ParseRole(std::string_view name) {
  const auto found = std::find(role_names.begin(), role_names.end(), name);
  if (found == role_names.end()) {
    return Fail(ErrorCode::malformed_input,
                "no role " + policy::Quote(name) +
                    "; there are viewer, analyst, approver, auditor, admin and exporter");
  }
  return static_cast<Role>(found - role_names.begin());
}

std::span<const Access> AccessTable() {
  return access_table;
}

Result<void> CheckAccess(const Caller& caller, std::string_view method) {
  const auto row = std::find_if(access_table.begin(), access_table.end(),
                                [&](const Access& access) { return access.method == method; });
  if (row != access_table.end() && row->roles.Has(caller.role)) return {};
  std::string who_may;
  for (std::size_t i = 0; row != access_table.end() && i < role_names.size(); ++i) {
    if (!row->roles.Has(static_cast<Role>(i))) continue;
    who_may += (who_may.empty() ? "" : " or ") + std::string(role_names[i]);
  }
  return Fail(ErrorCode::not_allowed,
              caller.name + " has the role " + std::string(Name(caller.role)) + "; " +
                  (who_may.empty() ? "nobody may call " + std::string(method)
                                   : std::string(method) + " takes the role " + who_may));
}

}  // namespace agent::api
