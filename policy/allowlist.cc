#include "policy/allowlist.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "policy/name_index.h"
#include "policy/prefix_index.h"

namespace policy {
namespace {

struct CategoryName {
  AllowCategory category;
  std::string_view name;
};
constexpr std::array category_names = {
    CategoryName{AllowCategory::hosting, "hosting"},
    CategoryName{AllowCategory::cdn, "cdn"},
    CategoryName{AllowCategory::proxy, "proxy"},
    CategoryName{AllowCategory::legitimate_service, "legitimate-service"},
    CategoryName{AllowCategory::own_infrastructure, "own-infrastructure"},
    CategoryName{AllowCategory::special_purpose, "special-purpose"},
    CategoryName{AllowCategory::popular, "popular"},
    CategoryName{AllowCategory::public_suffix, "public-suffix"},
};

struct EffectName {
  AllowEffect effect;
  std::string_view name;
};
constexpr std::array effect_names = {
    EffectName{AllowEffect::review, "review"},
    EffectName{AllowEffect::url_only, "url-only"},
    EffectName{AllowEffect::never, "never"},
};

// What an operator or a standard reserves is meant with all that is below it, even where no public
// suffix list knows the top-level label: "corp", "localhost".
bool IsMeantAsSubtree(AllowCategory category) {
  return category == AllowCategory::own_infrastructure ||
         category == AllowCategory::special_purpose;
}

template <class Address>
PrefixIndex<Address> MakePrefixIndex(std::vector<PrefixRecord>& records) {
  const auto key = [](const PrefixRecord& r) { return std::tie(r.prefix, r.source); };
  std::sort(records.begin(), records.end(),
            [&](const PrefixRecord& a, const PrefixRecord& b) { return key(a) < key(b); });
  records.erase(
      std::unique(records.begin(), records.end(),
                  [&](const PrefixRecord& a, const PrefixRecord& b) { return key(a) == key(b); }),
      records.end());
  return PrefixIndex<Address>(records);
}

AllowRelation RelationOf(NameIndex::Place place) {
  switch (place) {
    case NameIndex::Place::same: return AllowRelation::equal;
    case NameIndex::Place::above: return AllowRelation::inside_entry;
    case NameIndex::Place::below: return AllowRelation::contains_entry;
  }
  return AllowRelation::equal;
}

IpPrefix PrefixOf(IpFamily family, Uint128 first, int length) {
  return *IpPrefix::From(family, first, length);  // it was taken from one
}

void SortStrongestFirst(std::vector<AllowHit>& hits) {
  std::stable_sort(hits.begin(), hits.end(), [](const AllowHit& a, const AllowHit& b) {
    return a.source->effect > b.source->effect;
  });
}

}  // namespace

std::string_view Name(AllowCategory category) {
  for (const CategoryName& row : category_names) {
    if (row.category == category) return row.name;
  }
  return "unknown";
}

Result<AllowCategory> ParseAllowCategory(std::string_view name) {
  for (const CategoryName& row : category_names) {
    if (row.name == name) return row.category;
  }
  return Fail(ErrorCode::malformed_input,
              "unknown allowlist category; known are hosting, cdn, proxy, legitimate-service, "
              "own-infrastructure, special-purpose, popular, public-suffix");
}

std::string_view Name(AllowEffect effect) {
  for (const EffectName& row : effect_names) {
    if (row.effect == effect) return row.name;
  }
  return "unknown";
}

Result<AllowEffect> ParseAllowEffect(std::string_view name) {
  for (const EffectName& row : effect_names) {
    if (row.name == name) return row.effect;
  }
  return Fail(ErrorCode::malformed_input,
              "unknown allowlist effect; known are review, url-only, never");
}

bool IsExpired(const AllowEntry& entry, TimePoint now) {
  return entry.note && entry.note->expires && *entry.note->expires <= now;
}

std::string TextOf(const AllowEntry& entry) {
  const auto* name = std::get_if<Domain>(&entry.what);
  std::string text = name != nullptr ? name->name() : std::get<IpPrefix>(entry.what).ToString();
  std::string more = name != nullptr && entry.subtree ? "with its subtree" : "";
  if (entry.note) {
    more.append(more.empty() ? "" : "; ").append(entry.note->owner);
    more.append(": ").append(entry.note->reason);
    if (entry.note->expires) more.append(", until ").append(FormatTime(*entry.note->expires));
  }
  if (!more.empty()) text.append(" (").append(more).append(")");
  return text;
}

bool SpeaksForSubtree(const AllowEntry& entry, AllowCategory category,
                      const PublicSuffixList& suffixes) {
  if (!entry.subtree || category == AllowCategory::public_suffix) return false;
  return IsMeantAsSubtree(category) ||
         !suffixes.IsPublicSuffix(std::get<Domain>(entry.what).name());
}

// By source and canonical text. Only entries that people keep have notes, so there are few.
using Notes =
    std::map<std::pair<std::uint32_t, std::string>, std::shared_ptr<const AllowNote>, std::less<>>;

struct Allowlist::Builder::Impl {
  const PublicSuffixList& suffixes;
  std::vector<AllowSource> sources;
  std::vector<NameRecord> names;
  std::vector<PrefixRecord> v4;
  std::vector<PrefixRecord> v6;
  Notes notes;

  std::uint32_t IdOf(const AllowSource& source) {
    const auto at = std::find_if(sources.begin(), sources.end(), [&](const AllowSource& known) {
      return known.name == source.name && known.category == source.category &&
             known.effect == source.effect;
    });
    if (at != sources.end()) return static_cast<std::uint32_t>(at - sources.begin());
    sources.push_back(source);
    return static_cast<std::uint32_t>(sources.size() - 1);
  }
};

struct Allowlist::Impl {
  std::vector<AllowSource> sources;  // never changed, so that hits may point into it
  NameIndex names;
  PrefixIndex<std::uint32_t> v4;
  PrefixIndex<Uint128> v6;
  Notes notes;
  std::size_t size = 0;

  std::shared_ptr<const AllowNote> NoteOf(std::uint32_t source, std::string_view entry) const {
    if (notes.empty()) return nullptr;
    const auto found = notes.find(std::pair(source, std::string(entry)));
    return found == notes.end() ? nullptr : found->second;
  }

  template <class Address>
  std::vector<AllowHit> Find(const PrefixIndex<Address>& index, const IpPrefix& target) const;
};

Allowlist::Builder::Builder(const PublicSuffixList& suffixes)
    : impl_(new Impl{suffixes, {}, {}, {}, {}, {}}) {}
Allowlist::Builder::~Builder() = default;

void Allowlist::Builder::Add(const AllowSource& source, std::span<const AllowEntry> entries) {
  const std::uint32_t id = impl_->IdOf(source);
  for (const AllowEntry& entry : entries) {
    if (const auto* name = std::get_if<Domain>(&entry.what)) {
      const bool subtree = SpeaksForSubtree(entry, source.category, impl_->suffixes);
      impl_->names.push_back({name->name(), id, subtree});
      if (entry.note) impl_->notes.try_emplace({id, name->name()}, entry.note);
      continue;
    }
    const IpPrefix& prefix = std::get<IpPrefix>(entry.what);
    if (entry.note) impl_->notes.try_emplace({id, prefix.ToString()}, entry.note);
    (prefix.family() == IpFamily::v4 ? impl_->v4 : impl_->v6)
        .push_back({prefix, id, static_cast<std::uint8_t>(source.effect)});
  }
}

Allowlist Allowlist::Builder::Build() && {
  auto compiled = std::make_unique<Allowlist::Impl>();
  compiled->sources = std::move(impl_->sources);
  compiled->notes = std::move(impl_->notes);
  compiled->names = NameIndex(std::move(impl_->names));
  compiled->v4 = MakePrefixIndex<std::uint32_t>(impl_->v4);
  compiled->v6 = MakePrefixIndex<Uint128>(impl_->v6);
  compiled->size = compiled->names.size() + impl_->v4.size() + impl_->v6.size();
  return Allowlist(std::move(compiled));
}

Allowlist::Allowlist(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Allowlist::Allowlist(Allowlist&&) noexcept = default;
Allowlist& Allowlist::operator=(Allowlist&&) noexcept = default;
Allowlist::~Allowlist() = default;

std::vector<AllowHit> Allowlist::Find(const Domain& domain) const {
  std::vector<AllowHit> hits;
  for (const NameIndex::Found& found : impl_->names.Find(domain.name())) {
    hits.push_back({&impl_->sources[found.source], std::string(found.entry),
                    RelationOf(found.place), impl_->NoteOf(found.source, found.entry)});
  }
  SortStrongestFirst(hits);
  return hits;
}

template <class Address>
std::vector<AllowHit> Allowlist::Impl::Find(const PrefixIndex<Address>& index,
                                            const IpPrefix& target) const {
  std::vector<AllowHit> hits;
  std::array<std::vector<bool>, 3> told;  // for each relation, the sources already in `hits`
  for (auto& sources_told : told) sources_told.resize(sources.size());
  const auto tell = [&](const auto& node, AllowRelation relation) {
    auto& sources_told = told[static_cast<std::size_t>(relation)];
    std::string entry;
    for (const std::uint32_t source : index.SourcesOf(node)) {
      if (sources_told[source]) continue;
      sources_told[source] = true;
      if (entry.empty()) entry = PrefixOf(target.family(), node.first, node.length).ToString();
      hits.push_back({&sources[source], entry, relation, NoteOf(source, entry)});
    }
  };
  index.VisitAround(target, [&](const auto& node) {
    tell(node, node.length == target.length() ? AllowRelation::equal : AllowRelation::inside_entry);
  });
  index.VisitInside(target, [&](const auto& node) {
    tell(node, AllowRelation::contains_entry);
    return true;
  });
  SortStrongestFirst(hits);
  return hits;
}

std::vector<AllowHit> Allowlist::Find(const IpPrefix& prefix) const {
  if (!Touches(prefix)) return {};
  return prefix.family() == IpFamily::v4 ? impl_->Find(impl_->v4, prefix)
                                         : impl_->Find(impl_->v6, prefix);
}

std::vector<AllowHit> Allowlist::Find(const Url::Host& host) const {
  return std::visit([&](const auto& h) { return Find(h); }, host);
}

bool Allowlist::Touches(const Domain& domain) const {
  return impl_->names.Touches(domain.name());
}

bool Allowlist::Touches(const IpPrefix& prefix) const {
  return prefix.family() == IpFamily::v4 ? impl_->v4.Touches(prefix) : impl_->v6.Touches(prefix);
}

std::vector<IpPrefix> Allowlist::AllowedInside(const IpPrefix& prefix, AllowEffect at_least) const {
  std::vector<IpPrefix> inside;
  const auto collect = [&](const auto& index) {
    const auto add = [&](const auto& node) {
      if (node.strength >= static_cast<std::uint8_t>(at_least)) {
        inside.push_back(PrefixOf(prefix.family(), node.first, node.length));
      }
      return true;
    };
    index.VisitAround(prefix, [&](const auto& node) {
      if (node.length == prefix.length()) add(node);
    });
    index.VisitInside(prefix, add);
  };
  if (prefix.family() == IpFamily::v4) {
    collect(impl_->v4);
  } else {
    collect(impl_->v6);
  }
  return inside;
}

std::size_t Allowlist::size() const {
  return impl_->size;
}

}  // namespace policy
