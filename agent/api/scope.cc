#include "agent/api/scope.h"

#include "policy/scope.h"

namespace agent::api {

std::vector<std::string> ListsOf(const std::vector<ListSettings>& lists,
                                 const policy::Indicator& target) {
  std::vector<std::string> names;
  for (const ListSettings& list : lists) {
    if (CarriesBlock(list, target)) names.push_back(list.name);
  }
  return names;
}

void AddScope(const std::vector<ListSettings>& lists, sekisho::v1::Proposal& proposal) {
  const auto target = policy::ParseLine(proposal.kind() + " " + proposal.indicator());
  if (!target) return;
  for (const auto family : policy::EnforceableBy(*target)) {
    proposal.add_enforced_by(std::string(policy::Name(family)));
  }
  for (std::string& name : ListsOf(lists, *target)) proposal.add_lists(std::move(name));
  if (proposal.lists_size() > 0) return;
  sekisho::v1::Reason& reason = *proposal.add_reasons();
  reason.set_code("on-no-list");
  reason.set_detail("No configured list carries the kind " + proposal.kind() +
                    ": an approval would have nothing blocked.");
}

}  // namespace agent::api
