#include "agent/store/sqlite_proposals.h"

#include <algorithm>

#include "agent/store/sqlite_fields.h"
#include "agent/store/sqlite_filter.h"

namespace agent::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT p.id, kind, text, lifetime, policy_version, digest, state, confidence, needs_two,"
    " proposed_by, proposed_at, changed_at, deferred_until, feeds, threat, malware, campaign,"
    " t.reasons, p.reasons, evidence, sources_total, hits, previous_lifetime, previous_policy"
    " FROM proposal p JOIN trait t ON t.id = p.trait "
    "WHERE p.id "
    "= ?";

std::optional<Proposal::Content> PreviousOf(const Query& row) {
  if (row.IsNull(22)) return std::nullopt;
  return Proposal::Content{std::chrono::seconds(row.Int(22)), row.Text(23)};
}

Result<Proposal> ReadProposal(const Query& row) {
  auto target = TargetOf(row, 1);
  const auto digest = row.Digest(5);
  const auto state = EnumOf(row, 6, ProposalState::withdrawn);
  if (!target) return tl::unexpected(target.error());
  if (!digest) return tl::unexpected(digest.error());
  if (!state) return tl::unexpected(state.error());
  return Proposal{row.Int(0),
                  *std::move(target),
                  std::chrono::seconds(row.Int(3)),
                  row.Text(4),
                  *digest,
                  *state,
                  static_cast<int>(row.Int(7)),
                  row.Int(8) != 0,
                  row.Text(9),
                  TimeOf(row.Int(10)),
                  TimeOf(row.Int(11)),
                  MaybeTime(row, 12),
                  row.Text(13),
                  row.Text(14),
                  row.Text(15),
                  row.Text(16),
                  row.Text(17),
                  row.Text(18),
                  row.Text(19),
                  NumberOf(row, 20),
                  row.Int(21),
                  PreviousOf(row)};
}

Result<Vote> ReadVote(const Query& row) {
  const auto verdict = EnumOf(row, 2, Verdict::defer);
  const auto digest = row.Digest(3);
  if (!verdict) return tl::unexpected(verdict.error());
  if (!digest) return tl::unexpected(digest.error());
  return Vote{row.Int(0),  row.Text(1),       *verdict, *digest, std::chrono::seconds(row.Int(4)),
              row.Text(5), TimeOf(row.Int(6))};
}

Result<Place> ReadPlace(const Query& row) {
  return Place{row.Int(0), row.Int(1)};
}

// A stretch of the index proposal_queue, in order: of one state, and where `start` adds to it.
Query AskPlaces(Connection& connection, ProposalState state, std::string_view start,
                std::vector<Value> start_values, const Filter& filter, std::size_t limit) {
  std::string sql = "SELECT confidence, id FROM proposal INDEXED BY proposal_queue WHERE state = ?";
  sql += start;
  sql += filter.sql;
  sql += " ORDER BY confidence DESC, id LIMIT ?";
  std::vector<Value> values{EnumColumn(state)};
  values.insert(values.end(), start_values.begin(), start_values.end());
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  values.emplace_back(static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30)));
  return connection.Ask(std::move(sql), std::span<const Value>(values));
}

Result<void> AddPlaces(Query query, std::vector<Place>& places) {
  auto rows = AllRows<Place>(std::move(query), ReadPlace);
  if (!rows) return tl::unexpected(rows.error());
  places.insert(places.end(), rows->begin(), rows->end());
  return {};
}

// How many of that state match; of those after the cursor, the first `limit` are added to `places`.
Result<std::uint64_t> CountPlaces(Connection& connection, ProposalState state, const Filter& filter,
                                  const std::optional<Reader::Cursor>& after, std::size_t limit,
                                  std::vector<Place>& places) {
  std::vector<Value> values{EnumColumn(state)};
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  Query rows = connection.Ask(
      "SELECT confidence, id FROM proposal INDEXED BY proposal_queue WHERE state = ?" + filter.sql +
          " ORDER BY confidence DESC, id",
      std::span<const Value>(values));
  std::uint64_t total = 0;
  std::size_t left = limit;
  for (;; ++total) {
    const auto more = rows.Next();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return total;
    if (left == 0) continue;
    const Place place{rows.Int(0), rows.Int(1)};
    if (after && !(Place{after->confidence, after->id} < place)) continue;
    places.push_back(place);
    --left;
  }
}

// So few are found by their ids rather than by going over the queue.
constexpr std::size_t few = 2'000;

std::string StateList(const ProposalQuery& query) {
  std::string list;
  for (const ProposalState state : StatesOf(query)) {
    if (!list.empty()) list += ',';
    list += std::to_string(EnumColumn(state));
  }
  return list;
}

// The proposal's own columns, in the order of both INSERT and UPDATE.
std::vector<Value> ColumnsOf(const Proposal& proposal, std::string_view text, const Value& host,
                             std::int64_t trait) {
  const auto& previous = proposal.previous;
  return {EnumColumn(policy::KindOf(proposal.target)),
          text,
          host,
          std::int64_t{proposal.lifetime.count()},
          std::string_view(proposal.policy_version),
          BlobOf(proposal.digest),
          EnumColumn(proposal.state),
          std::int64_t{proposal.confidence},
          std::int64_t{proposal.needs_two ? 1 : 0},
          std::string_view(proposal.proposed_by),
          ToColumn(proposal.proposed_at),
          ToColumn(proposal.changed_at),
          ToColumn(proposal.deferred_until),
          trait,
          ToColumn(proposal.sources_total),
          proposal.hits,
          std::string_view(proposal.reasons),
          std::string_view(proposal.evidence),
          previous ? Value(std::int64_t{previous->lifetime.count()}) : Value(nullptr),
          previous ? Value(std::string_view(previous->policy_version)) : Value(nullptr)};
}

Value HostColumn(const std::string& key) {
  return key.empty() ? Value(nullptr) : Value(std::string_view(key));
}

}  // namespace

Result<std::optional<Proposal>> ProposalReads::Find(std::int64_t id) {
  return OneRow<Proposal>(connection_.Ask(std::string(kSelect), id), ReadProposal);
}

Result<std::optional<Proposal>> ProposalReads::Find(const policy::Indicator& target) {
  const std::string text = policy::TextOf(target);
  const auto id = connection_.AskInt("SELECT max(id) FROM proposal WHERE kind = ? AND text = ?",
                                     EnumColumn(policy::KindOf(target)), std::string_view(text));
  if (!id) return tl::unexpected(id.error());
  if (!*id) return std::optional<Proposal>();
  return Find(**id);
}

Result<std::vector<Proposal>> ProposalReads::List(const ProposalQuery& query,
                                                  std::optional<Reader::Cursor> after,
                                                  std::size_t limit) {
  const auto ids = IdsOf(connection_, query);
  if (!ids) return tl::unexpected(ids.error());
  return List(query, FilterOf(query, *ids), after, limit);
}

Result<std::vector<Proposal>> ProposalReads::List(const ProposalQuery& query, const Filter& filter,
                                                  const std::optional<Reader::Cursor>& after,
                                                  std::size_t limit) {
  std::vector<Place> places;
  const auto add = [&](ProposalState state, std::string_view start, std::vector<Value> values) {
    return AddPlaces(AskPlaces(connection_, state, start, std::move(values), filter, limit),
                     places);
  };
  for (const ProposalState state : StatesOf(query)) {
    if (!after) {
      if (auto done = add(state, "", {}); !done) return tl::unexpected(done.error());
      continue;
    }
    const std::int64_t confidence = after->confidence;
    if (auto done = add(state, " AND confidence = ? AND id > ?", {confidence, after->id}); !done) {
      return tl::unexpected(done.error());
    }
    if (auto done = add(state, " AND confidence < ?", {confidence}); !done) {
      return tl::unexpected(done.error());
    }
  }
  std::sort(places.begin(), places.end());
  places.resize(std::min(places.size(), limit));
  return FindAll(places);
}

Result<std::vector<Proposal>> ProposalReads::FindAll(const std::vector<Place>& places) {
  std::vector<Proposal> proposals;
  proposals.reserve(places.size());
  for (const Place& place : places) {
    auto proposal = Find(place.id);
    if (!proposal) return tl::unexpected(proposal.error());
    if (*proposal) proposals.push_back(**std::move(proposal));
  }
  return proposals;
}

Result<std::uint64_t> ProposalReads::Count(const ProposalQuery& query) {
  const auto ids = IdsOf(connection_, query);
  if (!ids) return tl::unexpected(ids.error());
  return Count(query, FilterOf(query, *ids));
}

Result<std::uint64_t> ProposalReads::Count(const ProposalQuery& query, const Filter& filter) {
  std::string sql =
      IsCounted(query) ? "SELECT sum(count) FROM proposal_count WHERE state IN ("
                       : "SELECT count(*) FROM proposal INDEXED BY proposal_queue WHERE state IN (";
  sql += StateList(query) + ")" + filter.sql;
  Query rows = connection_.Ask(std::move(sql), std::span<const Value>(filter.values));
  const auto row = rows.Next();
  if (!row) return tl::unexpected(row.error());
  return NumberOf(rows, 0);  // a sum over nothing is NULL, which reads as 0
}

Result<ProposalPage> ProposalReads::Page(const ProposalQuery& query,
                                         std::optional<Reader::Cursor> after, std::size_t limit) {
  if (IsCounted(query)) {
    auto proposals = List(query, after, limit);
    if (!proposals) return tl::unexpected(proposals.error());
    const auto total = Count(query);
    if (!total) return tl::unexpected(total.error());
    return ProposalPage{std::move(*proposals), *total};
  }
  const auto ids = IdsOf(connection_, query);
  if (!ids) return tl::unexpected(ids.error());
  const Filter filter = FilterOf(query, *ids);
  ProposalPage page;
  const auto last = connection_.AskInt("SELECT max(id) FROM proposal");
  if (!last) return tl::unexpected(last.error());
  if (*ids && (*ids)->size() > static_cast<std::size_t>(last->value_or(0)) / 2) {
    // SQLite counts them in half the time that it takes to hand them over, and the page is near.
    const auto total = CountMost(query, filter, (*ids)->Complement(last->value_or(0)));
    if (!total) return tl::unexpected(total.error());
    auto proposals = List(query, filter, after, limit);
    if (!proposals) return tl::unexpected(proposals.error());
    return ProposalPage{std::move(*proposals), *total};
  }
  if (*ids && (*ids)->size() <= few && !HasTraits(query)) return PageOf(**ids, query, after, limit);
  std::vector<Place> places;
  for (const ProposalState state : StatesOf(query)) {
    auto counted = CountPlaces(connection_, state, filter, after, limit, places);
    if (!counted) return tl::unexpected(counted.error());
    page.total += *counted;
  }
  std::sort(places.begin(), places.end());
  places.resize(std::min(places.size(), limit));
  auto proposals = FindAll(places);
  if (!proposals) return tl::unexpected(proposals.error());
  page.proposals = std::move(*proposals);
  return page;
}

// What `rest` is left of, where counters tell of all.
Result<std::uint64_t> ProposalReads::CountMost(const ProposalQuery& query, const Filter& filter,
                                               const IdSet& rest) {
  if (rest.size() > few || HasTraits(query)) return Count(query, filter);
  ProposalQuery all = query;
  all.text.clear();
  all.within.clear();
  all.within_prefix.reset();
  all.targets.reset();
  all.clients_min.reset();
  all.clients_max.reset();
  const auto total = Count(all);
  if (!total) return total;
  const auto others = PageOf(rest, all, std::nullopt, 0);
  if (!others) return tl::unexpected(others.error());
  return *total - others->total;
}

// Each by its id, rather than by going over all of the queue.
Result<ProposalPage> ProposalReads::PageOf(const IdSet& ids, const ProposalQuery& query,
                                           const std::optional<Reader::Cursor>& after,
                                           std::size_t limit) {
  const Filter filter = FilterOf(query, std::nullopt);
  const std::string sql = "SELECT confidence, id FROM proposal WHERE id = ? AND state IN (" +
                          StateList(query) + ")" + filter.sql;
  std::vector<Value> values{std::int64_t{0}};
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  std::vector<Place> places;
  const auto found = ids.Filter([&](std::int64_t id) -> Result<bool> {
    values.front() = id;
    Query row = connection_.Ask(sql, std::span<const Value>(values));
    const auto is_there = row.Next();
    if (is_there && *is_there) places.push_back({row.Int(0), row.Int(1)});
    return is_there;
  });
  if (!found) return tl::unexpected(found.error());
  ProposalPage page{{}, places.size()};
  std::sort(places.begin(), places.end());
  if (after) {
    const Place last{after->confidence, after->id};
    places.erase(places.begin(), std::upper_bound(places.begin(), places.end(), last));
  }
  places.resize(std::min(places.size(), limit));
  auto proposals = FindAll(places);
  if (!proposals) return tl::unexpected(proposals.error());
  page.proposals = std::move(*proposals);
  return page;
}

// The ids first, then each row: in id order without sorting wide rows, whichever index finds them.
Result<void> ProposalReads::ForEach(const ProposalQuery& query,
                                    const std::function<bool(const Proposal&)>& visit) {
  const auto ids = IdsOf(connection_, query);
  if (!ids) return tl::unexpected(ids.error());
  const Filter filter = FilterOf(query, *ids);
  auto found = AllRows<std::int64_t>(
      connection_.Ask("SELECT id FROM proposal INDEXED BY proposal_queue WHERE state IN (" +
                          StateList(query) + ")" + filter.sql,
                      std::span<const Value>(filter.values)),
      [](const Query& row) -> Result<std::int64_t> { return row.Int(0); });
  if (!found) return tl::unexpected(found.error());
  std::sort(found->begin(), found->end());
  for (const std::int64_t id : *found) {
    const auto proposal = Find(id);
    if (!proposal) return tl::unexpected(proposal.error());
    if (*proposal && !visit(**proposal)) break;
  }
  return {};
}

Result<std::vector<TraitCount>> ProposalReads::CountByTrait(const ProposalQuery& query) {
  const auto ids = IdsOf(connection_, query);
  if (!ids) return tl::unexpected(ids.error());
  const Filter filter = FilterOf(query, *ids);
  const std::string counts =
      IsCounted(query) ? "SELECT kind, trait, sum(count) AS n FROM proposal_count WHERE state IN ("
                       : "SELECT kind, trait, count(*) AS n FROM proposal INDEXED BY proposal_queue"
                         " WHERE state IN (";
  return AllRows<TraitCount>(
      connection_.Ask("SELECT kind, feeds, threat, malware, campaign, reasons, n FROM (" + counts +
                          StateList(query) + ")" + filter.sql +
                          " GROUP BY kind, trait) JOIN trait t ON t.id = trait WHERE n > 0",
                      std::span<const Value>(filter.values)),
      [](const Query& row) -> Result<TraitCount> {
        const auto kind = EnumOf(row, 0, policy::IndicatorKind::file_hash);
        if (!kind) return tl::unexpected(kind.error());
        return TraitCount{*kind,       row.Text(1), row.Text(2),     row.Text(3),
                          row.Text(4), row.Text(5), NumberOf(row, 6)};
      });
}

Result<void> ProposalReads::ForEachTarget(
    const ProposalQuery& query, const std::function<bool(const policy::Indicator&)>& visit) {
  const auto ids = IdsOf(connection_, query);
  if (!ids) return tl::unexpected(ids.error());
  const Filter filter = FilterOf(query, *ids);
  // One index has the states, the other the texts: reading both takes less than the rows, which are
  // wide.
  const auto found =
      CollectIds(connection_.Ask("SELECT id FROM proposal INDEXED BY proposal_queue"
                                 " WHERE state IN (" +
                                     StateList(query) + ")" + filter.sql,
                                 std::span<const Value>(filter.values)));
  if (!found) return tl::unexpected(found.error());
  Query rows = connection_.Ask(
      "SELECT kind, text FROM proposal INDEXED BY proposal_target"
      " WHERE kind IN (0,1,2,3) AND has_id(?, id)",
      &*found);
  for (;;) {
    const auto more = rows.Next();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    const auto target = TargetOf(rows, 0);
    if (!target) return tl::unexpected(target.error());
    if (!visit(*target)) return {};
  }
}

Result<std::vector<Vote>> ProposalReads::VotesOn(std::int64_t proposal_id) {
  return AllRows<Vote>(
      connection_.Ask("SELECT proposal, voter, verdict, digest, lifetime, reason, at FROM vote"
                      " WHERE proposal = ? ORDER BY at, voter",
                      proposal_id),
      ReadVote);
}

Result<std::int64_t> ProposalWrites::Put(const Proposal& proposal) {
  const auto trait = TraitOf(proposal);
  if (!trait) return tl::unexpected(trait.error());
  auto id = proposal.id == 0 ? Insert(proposal, *trait) : Replace(proposal, *trait);
  if (id) {
    ++counts_[{EnumColumn(proposal.state), EnumColumn(policy::KindOf(proposal.target)), *trait}];
  }
  return id;
}

Result<std::int64_t> ProposalWrites::Insert(const Proposal& proposal, std::int64_t trait) {
  const std::string text = policy::TextOf(proposal.target);
  const std::string host = HostKeyOf(proposal.target);
  const auto values = ColumnsOf(proposal, text, HostColumn(host), trait);
  auto done =
      connection_
          .Ask(
              "INSERT INTO proposal(kind, text, host, lifetime, policy_version, digest, state,"
              " confidence, needs_two, proposed_by, proposed_at, changed_at, deferred_until,"
              " trait, sources_total, hits, reasons, evidence, previous_lifetime,"
              " previous_policy) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
              std::span<const Value>(values))
          .Run();
  if (!done) return tl::unexpected(done.error());
  return connection_.LastInsertId();
}

Result<std::int64_t> ProposalWrites::Replace(const Proposal& proposal, std::int64_t trait) {
  {
    Query old =
        connection_.Ask("SELECT state, kind, trait FROM proposal WHERE id = ?", proposal.id);
    const auto row = old.Next();
    if (!row) return tl::unexpected(row.error());
    if (!*row) {
      return policy::Fail(policy::ErrorCode::not_found,
                          "there is no proposal " + std::to_string(proposal.id) + " to replace");
    }
    --counts_[{old.Int(0), old.Int(1), old.Int(2)}];
  }
  const std::string text = policy::TextOf(proposal.target);
  const std::string host = HostKeyOf(proposal.target);
  auto values = ColumnsOf(proposal, text, HostColumn(host), trait);
  values.emplace_back(proposal.id);
  auto done = connection_
                  .Ask(
                      "UPDATE proposal SET kind=?, text=?, host=?, lifetime=?, policy_version=?,"
                      " digest=?, state=?, confidence=?, needs_two=?, proposed_by=?, proposed_at=?,"
                      " changed_at=?, deferred_until=?, trait=?, sources_total=?, hits=?, "
                      "reasons=?, evidence=?, previous_lifetime=?, previous_policy=?"
                      " WHERE id = ?",
                      std::span<const Value>(values))
                  .Run();
  if (!done) return tl::unexpected(done.error());
  return proposal.id;
}

Result<std::int64_t> ProposalWrites::TraitOf(const Proposal& proposal) {
  std::string key = proposal.feeds + '\n' + proposal.threat + '\n' + proposal.malware + '\n' +
                    proposal.campaign + '\n' + proposal.reason_codes;
  if (const auto it = traits_.find(key); it != traits_.end()) return it->second;
  const std::vector<Value> values{
      std::string_view(proposal.feeds), std::string_view(proposal.threat),
      std::string_view(proposal.malware), std::string_view(proposal.campaign),
      std::string_view(proposal.reason_codes)};
  auto added = connection_
                   .Ask(
                       "INSERT OR IGNORE INTO trait(feeds, threat, malware, campaign, reasons)"
                       " VALUES(?,?,?,?,?)",
                       std::span<const Value>(values))
                   .Run();
  if (!added) return tl::unexpected(added.error());
  const auto id = connection_.AskInt(
      "SELECT id FROM trait WHERE feeds = ? AND threat = ? AND malware = ? AND campaign = ?"
      " AND reasons = ?",
      std::span<const Value>(values));
  if (!id) return tl::unexpected(id.error());
  constexpr std::size_t traits_max = 10'000;  // feeds choose these texts: keep no more than that
  if (traits_.size() >= traits_max) traits_.clear();
  traits_.emplace(std::move(key), id->value_or(0));
  return id->value_or(0);
}

Result<void> ProposalWrites::PutVote(const Vote& vote) {
  return connection_
      .Ask(
          "INSERT OR REPLACE INTO vote(proposal, voter, verdict, digest, lifetime, reason, at)"
          " VALUES(?,?,?,?,?,?,?)",
          vote.proposal_id, std::string_view(vote.voter), EnumColumn(vote.verdict),
          BlobOf(vote.digest), std::int64_t{vote.lifetime.count()}, std::string_view(vote.reason),
          ToColumn(vote.at))
      .Run();
}

Result<void> ProposalWrites::ClearVotes(std::int64_t proposal_id) {
  return connection_.Ask("DELETE FROM vote WHERE proposal = ?", proposal_id).Run();
}

Result<void> ProposalWrites::Flush() {
  for (const auto& [key, change] : counts_) {
    if (change == 0) continue;
    const auto& [state, kind, trait] = key;
    auto done = connection_
                    .Ask(
                        "INSERT INTO proposal_count(state, kind, trait, count) VALUES(?,?,?,?)"
                        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                        state, kind, trait, change)
                    .Run();
    if (!done) return done;
  }
  counts_.clear();
  return {};
}

}  // namespace agent::store
