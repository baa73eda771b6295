#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "policy/result.h"
#include "sekisho/v1/enforcement.grpc.pb.h"

namespace exporters {

// One stream to the agent, from Hello to its end. Use once: Run on one thread, Send and Stop from
// any.
//
// What is to be sent waits in a queue of at most `queue_depth_max` messages, written by a thread of
// the stream's own, so that an agent that reads nothing holds up neither the device nor memory: a
// newer receipt replaces one that still waits, and a full queue ends the stream.
class AgentStream {
 public:
  static constexpr std::size_t queue_depth_max = 64;

  using OnMessage = std::function<void(const sekisho::v1::AgentMessage&)>;

  // Sends `first`, then hands each message of the agent to `on_message`, on this thread, until the
  // stream ends. Gives why it ended; an orderly end by the agent is one reason of many.
  policy::Error Run(const std::shared_ptr<grpc::Channel>& channel,
                    const std::vector<sekisho::v1::ExporterMessage>& first,
                    const OnMessage& on_message);

  // Does nothing once the stream has ended.
  void Send(sekisho::v1::ExporterMessage message);

  void Stop();  // before, during or after Run

 private:
  using Stream = grpc::ClientReaderWriter<sekisho::v1::ExporterMessage, sekisho::v1::AgentMessage>;

  void WriteAll(Stream& stream);

  grpc::ClientContext context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<sekisho::v1::ExporterMessage> queue_;
  bool ended_ = false;
};

}  // namespace exporters
