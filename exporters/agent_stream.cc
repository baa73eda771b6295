#include "exporters/agent_stream.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "platform/log.h"
#include "proto/convert.h"

namespace exporters {

using sekisho::v1::AgentMessage;
using sekisho::v1::ExporterMessage;

policy::Error AgentStream::Run(const std::shared_ptr<grpc::Channel>& channel,
                               const std::vector<ExporterMessage>& first,
                               const OnMessage& on_message) {
  for (const ExporterMessage& message : first) Send(message);
  const auto stub = sekisho::v1::Enforcement::NewStub(channel);
  const std::unique_ptr<Stream> stream = stub->Enforce(&context_);
  std::jthread writer([this, &stream] { WriteAll(*stream); });
  AgentMessage message;
  while (stream->Read(&message)) {
    on_message(message);
  }
  Stop();
  writer.join();
  const grpc::Status status = stream->Finish();
  if (status.ok()) return {policy::ErrorCode::unavailable, "the agent closed the stream"};
  return proto::FromStatus(status);
}

void AgentStream::WriteAll(Stream& stream) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    if (ended_) return;
    const ExporterMessage message = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    if (!stream.Write(message)) return;  // broken: reading ends, too, and has the reason
    lock.lock();
  }
}

void AgentStream::Send(ExporterMessage message) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  const auto stale = std::find_if(queue_.begin(), queue_.end(),
                                  [](const ExporterMessage& m) { return m.has_receipt(); });
  if (message.has_receipt() && stale != queue_.end()) queue_.erase(stale);
  if (queue_.size() == queue_depth_max) {
    platform::Warn("the agent does not read its answers; ending the stream");
    context_.TryCancel();
    return;
  }
  queue_.push_back(std::move(message));
  changed_.notify_one();
}

void AgentStream::Stop() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_one();
  }
  context_.TryCancel();
}

}  // namespace exporters
