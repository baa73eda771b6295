#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "sekisho/v1/changes.grpc.pb.h"

namespace cli {
namespace {

std::string LineOf(const Printer& printer, const v1::FollowResponse& now) {
  std::string line = std::to_string(now.revision());
  for (const v1::Presence& other : now.others()) {
    line += "  " + other.name() + ": " +
            (other.filter().empty() ? printer.Word(Text::whole_queue) : other.filter());
  }
  for (const v1::Claim& claim : now.claims().claims()) {
    line += "  " + printer.Word(Text::claimed, claim.name(), claim.id());
  }
  for (const std::int64_t id : now.claims().ended()) {
    line += "  " + printer.Word(Text::claimed_by_nobody, id);
  }
  for (const v1::BulkDecision& bulk : now.bulk()) {
    line += "  " + bulk.verdict() + " " + std::to_string(bulk.id()) + ": " +
            std::to_string(bulk.decided() + bulk.awaiting() + bulk.refused_total()) + "/" +
            std::to_string(bulk.matched());
  }
  return line;
}

}  // namespace

// Ends with the stream only: what it prints is for eyes, or for a script that reads line by line.
CommandResult WatchQueue(const Session& session, const Arguments&) {
  const auto ended = session.agent.Follow(&v1::Changes::Stub::Follow, v1::FollowRequest(),
                                          [&](const v1::FollowResponse& now) {
                                            if (session.printer.is_json())
                                              return session.printer.Json(now).has_value();
                                            session.printer.Line(LineOf(session.printer, now));
                                            return true;
                                          });
  if (!ended) return tl::unexpected(ended.error());
  return ExitCode::ok;
}

}  // namespace cli
