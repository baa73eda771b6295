#pragma once

#include <map>
#include <string>
#include <tuple>

#include "agent/store/sqlite_connection.h"
#include "agent/store/sqlite_filter.h"
#include "agent/store/store.h"

namespace agent::store {

// Where a proposal stands in the queue.
struct Place {
  std::int64_t confidence;
  std::int64_t id;
  friend bool operator<(const Place& a, const Place& b) {
    return a.confidence != b.confidence ? a.confidence > b.confidence : a.id < b.id;
  }
};

// The reads of Reader that are about proposals and votes.
class ProposalReads {
 public:
  explicit ProposalReads(Connection& connection) : connection_(connection) {}

  Result<std::optional<Proposal>> Find(std::int64_t id);
  Result<std::optional<Proposal>> Find(const policy::Indicator& target);
  Result<std::vector<Proposal>> List(const ProposalQuery& query,
                                     std::optional<Reader::Cursor> after, std::size_t limit);
  Result<std::uint64_t> Count(const ProposalQuery& query);
  Result<ProposalPage> Page(const ProposalQuery& query, std::optional<Reader::Cursor> after,
                            std::size_t limit);
  Result<void> ForEach(const ProposalQuery& query,
                       const std::function<bool(const Proposal&)>& visit);
  Result<std::vector<TraitCount>> CountByTrait(const ProposalQuery& query);
  Result<void> ForEachTarget(const ProposalQuery& query,
                             const std::function<bool(const policy::Indicator&)>& visit);
  Result<std::vector<Vote>> VotesOn(std::int64_t proposal_id);

 private:
  // With FilterOf(query).
  Result<std::vector<Proposal>> List(const ProposalQuery& query, const Filter& filter,
                                     const std::optional<Reader::Cursor>& after, std::size_t limit);
  Result<std::uint64_t> Count(const ProposalQuery& query, const Filter& filter);
  Result<std::uint64_t> CountMost(const ProposalQuery& query, const Filter& filter,
                                  const IdSet& rest);
  Result<ProposalPage> PageOf(const IdSet& ids, const ProposalQuery& query,
                              const std::optional<Reader::Cursor>& after, std::size_t limit);
  Result<std::vector<Proposal>> FindAll(const std::vector<Place>& places);

  Connection& connection_;
};

// The writes of one transaction that are about proposals and votes. Counters are added up in
// memory: Flush writes them, and has to come before counting and before the commit.
class ProposalWrites {
 public:
  explicit ProposalWrites(Connection& connection) : connection_(connection) {}

  Result<std::int64_t> Put(const Proposal& proposal);
  Result<void> PutVote(const Vote& vote);
  Result<void> ClearVotes(std::int64_t proposal_id);
  Result<void> Flush();

 private:
  Result<std::int64_t> TraitOf(const Proposal& proposal);
  Result<std::int64_t> Insert(const Proposal& proposal, std::int64_t trait);
  Result<std::int64_t> Replace(const Proposal& proposal, std::int64_t trait);

  Connection& connection_;
  std::map<std::string, std::int64_t> traits_;
  using CountKey = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // state, kind, trait
  std::map<CountKey, std::int64_t> counts_;  // changes since the last Flush
};

}  // namespace agent::store
