using System.Buffers.Binary;
using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask.Protobuf;

namespace Rescan.Tests.Integration.Parity.Worker;

/// <summary>What the durable extension serves to durable clients by gRPC, as much as starts an instance: there are none yet.</summary>
internal sealed class DurableSidecar
{
    public ConcurrentQueue<CreateInstanceRequest> Started { get; } = new();

    public async Task AnswerAsync(HttpContext http)
    {
        using MemoryStream body = new();
        await http.Request.Body.CopyToAsync(body);
        byte[] message = body.ToArray()[5..];
        IMessage answer;
        switch ((string?)http.GetRouteValue("method"))
        {
            case "StartInstance":
                CreateInstanceRequest request = CreateInstanceRequest.Parser.ParseFrom(message);
                Started.Enqueue(request);
                answer = new CreateInstanceResponse { InstanceId = request.InstanceId };
                break;
            case "GetInstance":
                answer = new GetInstanceResponse { Exists = false };
                break;
            case "QueryInstances":
                answer = new QueryInstancesResponse();
                break;
            default:
                http.Response.ContentType = "application/grpc";
                http.Response.Headers["grpc-status"] = "12";
                return;
        }

        byte[] head = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), answer.CalculateSize());
        http.Response.ContentType = "application/grpc";
        http.Response.DeclareTrailer("grpc-status");
        await http.Response.Body.WriteAsync((byte[])[.. head, .. answer.ToByteArray()]);
        http.Response.AppendTrailer("grpc-status", "0");
    }
}
