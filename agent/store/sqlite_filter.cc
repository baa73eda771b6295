#include "agent/store/sqlite_filter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

void AddTraits(const ProposalQuery& query, Filter& filter) {
  if (!HasTraits(query)) return;
  filter.sql += " AND trait IN (SELECT trait.id FROM trait WHERE 1";
  if (!query.feed.empty()) {
    filter.sql += " AND instr(feeds, ',' || ? || ',') > 0";
    filter.values.emplace_back(std::string_view(query.feed));
  }
  if (!query.threat.empty()) {
    filter.sql += " AND threat = ? COLLATE NOCASE";
    filter.values.emplace_back(std::string_view(query.threat));
  }
  if (!query.malware.empty()) {
    filter.sql += " AND malware = ? COLLATE NOCASE";
    filter.values.emplace_back(std::string_view(query.malware));
  }
  if (!query.campaign.empty()) {
    filter.sql += " AND campaign = ? COLLATE NOCASE";
    filter.values.emplace_back(std::string_view(query.campaign));
  }
  if (!query.reason.empty()) {
    filter.sql += " AND instr(trait.reasons, ',' || ? || ',') > 0";
    filter.values.emplace_back(std::string_view(query.reason));
  }
  if (query.online) {
    filter.sql += *query.online ? " AND instr(trait.reasons, ',online,') > 0"
                                : " AND instr(trait.reasons, ',online,') = 0";
  }
  filter.sql += ")";
}

void AddBound(const char* condition, const std::optional<std::int64_t>& bound, Filter& filter) {
  if (!bound) return;
  filter.sql += condition;
  filter.values.emplace_back(*bound);
}

std::optional<std::int64_t> ColumnOf(const std::optional<TimePoint>& at) {
  return at ? std::optional(ToColumn(*at)) : std::nullopt;
}

// The address in hexadecimal, of a fixed length, which sorts as the number does.
std::string HexKey(policy::IpFamily family, policy::Uint128 address) {
  const bool is_v4 = family == policy::IpFamily::v4;
  return is_v4 ? fmt::format("4:{:08x}", static_cast<std::uint64_t>(address))
               : fmt::format("6:{:016x}{:016x}", static_cast<std::uint64_t>(address >> 64),
                             static_cast<std::uint64_t>(address));
}

}  // namespace

bool HasTraits(const ProposalQuery& query) {
  return !query.feed.empty() || !query.threat.empty() || !query.malware.empty() ||
         !query.campaign.empty() || !query.reason.empty() || query.online;
}

Filter FilterOf(const ProposalQuery& query, const std::optional<IdSet>& ids) {
  Filter filter;
  if (query.kind) {
    filter.sql += " AND kind = ?";
    filter.values.emplace_back(EnumColumn(*query.kind));
  }
  if (query.confidence_min) {
    filter.sql += " AND confidence >= ?";
    filter.values.emplace_back(std::int64_t{*query.confidence_min});
  }
  if (query.confidence_max) {
    filter.sql += " AND confidence <= ?";
    filter.values.emplace_back(std::int64_t{*query.confidence_max});
  }
  AddBound(" AND proposed_at >= ?", ColumnOf(query.proposed_from), filter);
  AddBound(" AND proposed_at <= ?", ColumnOf(query.proposed_to), filter);
  AddBound(" AND hits >= ?", query.hits_min, filter);
  AddBound(" AND hits <= ?", query.hits_max, filter);
  if (query.needs_two) {
    filter.sql += " AND needs_two = ?";
    filter.values.emplace_back(std::int64_t{*query.needs_two ? 1 : 0});
  }
  AddTraits(query, filter);
  if (ids) {
    filter.sql += " AND has_id(?, id)";
    filter.values.emplace_back(&*ids);
  }
  return filter;
}

bool IsCounted(const ProposalQuery& query) {
  return !query.confidence_min && !query.confidence_max && !query.needs_two && query.text.empty() &&
         query.within.empty() && !query.within_prefix && !query.proposed_from &&
         !query.proposed_to && !query.hits_min && !query.hits_max && query.reason.empty() &&
         !query.online && !query.targets && !query.clients_min && !query.clients_max;
}

std::string HostKey(std::string_view name) {
  std::string key;
  while (!name.empty()) {
    const std::size_t dot = name.rfind('.');
    const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
    key += name.substr(start);
    key += '.';
    name = name.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return key;
}

std::string HostKey(const policy::IpPrefix& prefix) {
  return HexKey(prefix.family(), prefix.first()) + fmt::format("/{:03}", prefix.length());
}

std::string HostKeyOf(const policy::Indicator& target) {
  const auto* prefix = std::get_if<policy::IpPrefix>(&target);
  const auto* domain = std::get_if<policy::Domain>(&target);
  if (const auto* url = std::get_if<policy::Url>(&target)) {
    prefix = std::get_if<policy::IpPrefix>(&url->host());
    domain = std::get_if<policy::Domain>(&url->host());
  }
  if (prefix != nullptr) return HostKey(*prefix);
  return domain != nullptr ? HostKey(domain->name()) : "";
}

Result<IdSet> CollectIds(Query query) {
  IdSet ids;
  for (;;) {
    const auto more = query.Next();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return ids;
    ids.Add(query.Int(0));
  }
}

namespace {

// The hosts that `within` asks for.
struct Where {
  std::string from;        // empty: anywhere
  std::string to;          // excluded
  std::string length_min;  // of a prefix, as at the end of its key; else empty
};

Where WhereOf(const ProposalQuery& query) {
  if (query.within_prefix) {
    const policy::IpPrefix& prefix = *query.within_prefix;
    return {HexKey(prefix.family(), prefix.first()),
            HexKey(prefix.family(), prefix.last()) + "0",  // "0" follows "/" in ASCII
            fmt::format("{:03}", prefix.length())};
  }
  if (query.within.empty()) return {};
  std::string from = HostKey(query.within);
  // "/" follows "." in ASCII: the range of all that starts with the key.
  std::string to = from.substr(0, from.size() - 1) + "/";
  return {std::move(from), std::move(to), ""};
}

// So few rows are looked at one by one rather than by reading a whole index.
constexpr std::size_t few_max = 20'000;

// Those of `ids` whose row fulfils `condition`, which starts with " AND ".
Result<IdSet> Those(Connection& connection, const IdSet& ids, const std::string& condition,
                    const std::vector<Value>& values) {
  const std::string sql = "SELECT 1 FROM proposal WHERE id = ?" + condition;
  std::vector<Value> all{std::int64_t{0}};
  all.insert(all.end(), values.begin(), values.end());
  return ids.Filter([&](std::int64_t id) {
    all.front() = id;
    return connection.Ask(sql, std::span<const Value>(all)).Next();
  });
}

Filter WithinFilter(const Where& where) {
  return {
      " AND host >= ? AND host < ?"
      // A wider prefix may begin at the same address.
      " AND (? = '' OR substr(host, -3) >= ?)",
      {std::string_view(where.from), std::string_view(where.to), std::string_view(where.length_min),
       std::string_view(where.length_min)}};
}

// Nothing if there are more than `size_max`.
Result<std::optional<IdSet>> IdsWithin(Connection& connection, const Where& where,
                                       std::size_t size_max) {
  const Filter filter = WithinFilter(where);
  Query rows =
      connection.Ask("SELECT id FROM proposal INDEXED BY proposal_host WHERE 1" + filter.sql,
                     std::span<const Value>(filter.values));
  std::optional<IdSet> ids = IdSet();
  for (;;) {
    const auto more = rows.Next();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return ids;
    if (ids->size() == size_max) return std::optional<IdSet>();
    ids->Add(rows.Int(0));
  }
}

Result<IdSet> IdsWithText(Connection& connection, const ProposalQuery& query) {
  std::string sql = "SELECT id FROM proposal INDEXED BY proposal_target WHERE kind";
  std::vector<Value> values;
  if (query.kind) {
    sql += " = ?";
    values.emplace_back(EnumColumn(*query.kind));
  } else {
    sql += " IN (0,1,2,3)";
  }
  sql += " AND has_text(text, ?)";
  values.emplace_back(std::string_view(query.text));
  return CollectIds(connection.Ask(std::move(sql), std::span<const Value>(values)));
}

// What lies there and has the text: whichever leaves few decides which index is read whole.
Result<std::optional<IdSet>> IdsThere(Connection& connection, const ProposalQuery& query) {
  const Where where = WhereOf(query);
  if (!where.from.empty()) {
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    auto within = IdsWithin(connection, where, query.text.empty() ? all : few_max);
    if (!within || query.text.empty()) return within;
    if (*within) {
      return Those(connection, **within, " AND has_text(text, ?)", {std::string_view(query.text)});
    }
  }
  if (query.text.empty()) return std::optional<IdSet>();
  auto with_text = IdsWithText(connection, query);
  if (!with_text) return tl::unexpected(with_text.error());
  if (where.from.empty()) return std::optional(*std::move(with_text));
  const Filter filter = WithinFilter(where);
  if (with_text->size() <= few_max) {
    return Those(connection, *with_text, filter.sql, filter.values);
  }
  std::vector<Value> values = filter.values;
  values.emplace_back(&*with_text);
  return CollectIds(connection.Ask("SELECT id FROM proposal INDEXED BY proposal_host WHERE 1" +
                                       filter.sql + " AND has_id(?, id)",
                                   std::span<const Value>(values)));
}

Result<IdSet> IdsOfTargets(Connection& connection, const std::vector<policy::Indicator>& targets,
                           const std::optional<IdSet>& among) {
  IdSet ids;
  for (const policy::Indicator& target : targets) {
    const std::string text = policy::TextOf(target);
    Query rows = connection.Ask("SELECT id FROM proposal WHERE kind = ? AND text = ?",
                                EnumColumn(policy::KindOf(target)), std::string_view(text));
    for (;;) {
      const auto more = rows.Next();
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
      if (!among || among->Has(rows.Int(0))) ids.Add(rows.Int(0));
    }
  }
  return ids;
}

// How many clients are asked for.
struct Use {
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  bool Holds(std::int64_t clients) const {
    return clients >= min.value_or(clients) && clients <= max.value_or(clients);
  }
};

// Reads the narrowest index that has the texts, and not a single row, unless `among` is few.
Result<IdSet> IdsInUse(Connection& connection, const ProposalQuery& query, const Use& use,
                       const std::optional<IdSet>& among) {
  using policy::IndicatorKind;
  if (among && among->size() <= few_max) {
    return among->Filter([&](std::int64_t id) -> Result<bool> {
      Query row = connection.Ask("SELECT kind, text FROM proposal WHERE id = ?", id);
      const auto found = row.Next();
      if (!found || !*found) return found;
      const auto kind = EnumOf(row, 0, IndicatorKind::file_hash);
      if (!kind) return tl::unexpected(kind.error());
      return *kind != IndicatorKind::file_hash && use.Holds(query.clients_of(*kind, row.View(1)));
    });
  }
  IdSet ids;
  for (const auto kind : {IndicatorKind::domain, IndicatorKind::ip, IndicatorKind::url}) {
    if (query.kind && *query.kind != kind) continue;
    Query rows =
        connection.Ask("SELECT id, text FROM proposal INDEXED BY proposal_target WHERE kind = ?",
                       EnumColumn(kind));
    for (;;) {
      const auto more = rows.Next();
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
      const std::int64_t id = rows.Int(0);
      if (among && !among->Has(id)) continue;
      if (use.Holds(query.clients_of(kind, rows.View(1)))) ids.Add(id);
    }
  }
  return ids;
}

// Nearly nothing is in use: where that is asked for, all but the rest is.
Result<IdSet> IdsByUse(Connection& connection, const ProposalQuery& query,
                       const std::optional<IdSet>& among) {
  const Use use{query.clients_min, query.clients_max};
  if (!use.Holds(0)) return IdsInUse(connection, query, use, among);
  Result<IdSet> others = IdSet();
  if (query.clients_max) {
    others = IdsInUse(connection, query, {.min = *query.clients_max + 1, .max = {}}, among);
    if (!others) return others;
  }
  if (among)
    return among->Filter([&](std::int64_t id) -> Result<bool> { return !others->Has(id); });
  const auto last = connection.AskInt("SELECT max(id) FROM proposal");
  if (!last) return tl::unexpected(last.error());
  return others->Complement(last->value_or(0));
}

}  // namespace

Result<std::optional<IdSet>> IdsOf(Connection& connection, const ProposalQuery& query) {
  auto ids = IdsThere(connection, query);
  if (!ids) return ids;
  if (query.targets) {
    auto of_targets = IdsOfTargets(connection, *query.targets, *ids);
    if (!of_targets) return tl::unexpected(of_targets.error());
    *ids = std::move(*of_targets);
  }
  if (query.clients_min || query.clients_max) {
    auto in_use = IdsByUse(connection, query, *ids);
    if (!in_use) return tl::unexpected(in_use.error());
    *ids = std::move(*in_use);
  }
  return ids;
}

std::vector<ProposalState> StatesOf(const ProposalQuery& query) {
  std::vector<ProposalState> states = query.states;
  if (states.empty()) {
    return {ProposalState::pending, ProposalState::approved, ProposalState::rejected,
            ProposalState::deferred, ProposalState::withdrawn};
  }
  std::sort(states.begin(), states.end());
  states.erase(std::unique(states.begin(), states.end()), states.end());
  return states;
}

}  // namespace agent::store
