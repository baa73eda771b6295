#include "exporters/rpz/contents.h"

#include <memory>
#include <string_view>

#include "exporters/rpz/trigger.h"

namespace exporters::rpz {
namespace {

using policy::ListSnapshot;
using policy::Result;

// One side of a delta, or a whole list, sorted by what RPZ can do with it.
struct Sorted {
  policy::BlockSet set;  // what `names` looks into
  std::vector<std::string_view> names;
  std::vector<std::string> address_owners;
  std::uint64_t not_enforceable = 0;
};

Result<std::unique_ptr<Sorted>> Sort(const ListSnapshot& list, const ZoneParameters& zone) {
  auto set = policy::BlockSetOf(list);
  if (!set) return tl::unexpected(set.error());
  auto sorted = std::make_unique<Sorted>();
  sorted->set = std::move(*set);
  sorted->not_enforceable = sorted->set.urls.size();
  for (const policy::Domain& domain : sorted->set.domains) {
    if (CanTrigger(zone.names, domain.name(), zone.name)) {
      sorted->names.push_back(domain.name());
    } else {
      ++sorted->not_enforceable;
    }
  }
  for (const policy::IpPrefix& prefix : sorted->set.prefixes) {
    if (zone.addresses && CanTrigger(prefix)) {
      sorted->address_owners.push_back(OwnerOf(*zone.addresses, prefix));
    } else {
      ++sorted->not_enforceable;
    }
  }
  return sorted;
}

void AppendNames(Trigger trigger, const std::vector<std::string>& names,
                 std::vector<std::string>& owners) {
  for (const std::string& name : names) {
    owners.push_back(OwnerOf(trigger, name));
    owners.push_back("*." + owners.back());
  }
}

void Append(const std::vector<std::string>& from, std::vector<std::string>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Result<Contents> Contents::Of(const ListSnapshot& list, const ZoneParameters& zone) {
  const auto sorted = Sort(list, zone);
  if (!sorted) return tl::unexpected(sorted.error());
  Contents contents(NameTree((*sorted)->names), zone);
  contents.digest_ = list.digest();
  contents.prefixes_ = (*sorted)->address_owners.size();
  contents.not_enforceable_ = (*sorted)->not_enforceable;
  return contents;
}

Result<OwnerChange> Contents::Apply(const policy::Delta& delta, const ListSnapshot& list) {
  const auto added = Sort(*ListSnapshot::FromLines(delta.added), zone_);
  if (!added) return tl::unexpected(added.error());
  const auto removed = Sort(*ListSnapshot::FromLines(delta.removed), zone_);
  if (!removed) return tl::unexpected(removed.error());

  const NameTree::Change names = names_.Apply((*added)->names, (*removed)->names);
  OwnerChange change;
  AppendNames(zone_.names, names.added, change.added);
  AppendNames(zone_.names, names.removed, change.removed);
  Append((*added)->address_owners, change.added);
  Append((*removed)->address_owners, change.removed);

  prefixes_ = prefixes_ + (*added)->address_owners.size() - (*removed)->address_owners.size();
  not_enforceable_ = not_enforceable_ + (*added)->not_enforceable - (*removed)->not_enforceable;
  digest_ = list.digest();
  return change;
}

}  // namespace exporters::rpz
