#include "agent/api/traffic_message.h"

#include "agent/api/messages.h"
#include "policy/reason.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

sekisho::v1::Traffic ToMessage(const traffic::UsageSummary& usage) {
  sekisho::v1::Traffic message;
  message.set_requests(usage.requests);
  message.set_clients(usage.clients);
  message.set_approximate(usage.is_estimate);
  for (const std::uint64_t requests : usage.per_day) message.add_per_day(requests);
  if (usage.requests > 0) *message.mutable_last_seen() = proto::ToTimestamp(usage.last_seen);
  return message;
}

}  // namespace

std::optional<sekisho::v1::Traffic> TrafficOf(const World& world,
                                              const policy::Indicator& indicator,
                                              policy::TimePoint now) {
  if (!world.traffic) return std::nullopt;
  const auto found = world.traffic->Find(indicator);
  auto message = ToMessage(found.usage.Summary(now));
  message.set_counted(found.counted);
  return message;
}

void AddTraffic(const World& world, const policy::Indicator& target, policy::TimePoint now,
                sekisho::v1::Proposal& proposal) {
  auto traffic = TrafficOf(world, target, now);
  if (!traffic) return;
  const bool is_many =
      traffic->counted().empty() && traffic->clients() > world.policy.clients_alone_max;
  *proposal.mutable_traffic() = *std::move(traffic);
  if (!is_many || proposal.approvers_needed() > 1) return;
  proposal.set_approvers_needed(2);
  *proposal.add_reasons() = ToMessage(policy::ManyClients(world.policy.clients_alone_max));
}

sekisho::v1::TrafficCut ToMessage(const World& world, const Cut& cut, policy::TimePoint now) {
  sekisho::v1::TrafficCut message;
  message.set_proposals(cut.proposals());
  *message.mutable_total() = ToMessage(cut.total().Summary(now));
  for (const Cut::Used& used : cut.most_used()) {
    sekisho::v1::Proposal& proposal = *message.add_most_used();
    proposal = ToMessage(used.proposal, {});
    AddTraffic(world, used.proposal.target, now, proposal);
  }
  return message;
}

void AddTrafficLogs(const World& world, sekisho::v1::ListFeedsResponse& response) {
  if (!world.traffic) return;
  for (const auto& [name, log] : world.traffic->Logs()) {
    sekisho::v1::TrafficLog& message = *response.add_traffic_logs();
    message.set_name(name);
    message.set_file(log.file);
    message.set_trouble(log.trouble);
    message.set_requests(log.requests);
    message.set_faults(log.faults);
    message.set_last_fault(log.last_fault);
  }
}

}  // namespace agent::api
