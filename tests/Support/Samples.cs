using System.Text.Json;

namespace Rescan.Tests.Support;

/// <summary>Messages in the shapes that Amazon's user guides print.</summary>
internal static class Samples
{
    public const string TestEvent = """
        {"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"amzn-s3-demo-bucket","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}
        """;

    public static string EventBridge(string bucket, string key, string kind = "Object Created", string source = "aws.s3") => $$"""
        {
          "version": "0",
          "id": "17793124-05d4-b198-2fde-7ededc63b103",
          "detail-type": "{{kind}}",
          "source": "{{source}}",
          "account": "111122223333",
          "time": "2021-11-12T00:00:00Z",
          "region": "ca-central-1",
          "resources": ["arn:aws:s3:::{{bucket}}"],
          "detail": {
            "version": "0",
            "bucket": { "name": "{{bucket}}" },
            "object": {
              "key": {{JsonSerializer.Serialize(key)}},
              "size": 5,
              "etag": "b1946ac92492d2347c6235b4d2611184",
              "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
              "sequencer": "617f08299329d189"
            },
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "1.2.3.4",
            "reason": "PutObject"
          }
        }
        """;

    public static string Records(params (string Name, string Bucket, string Key)[] records) => $$"""
        {"Records":[{{string.Join(',', records.Select(r => $$"""
        {
          "eventVersion": "2.1",
          "eventSource": "aws:s3",
          "awsRegion": "us-west-2",
          "eventTime": "1970-01-01T00:00:00.000Z",
          "eventName": "{{r.Name}}",
          "userIdentity": { "principalId": "AIDAJDPLRKLG7UEXAMPLE" },
          "requestParameters": { "sourceIPAddress": "172.16.0.1" },
          "responseElements": { "x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD" },
          "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "testConfigRule",
            "bucket": { "name": "{{r.Bucket}}", "ownerIdentity": { "principalId": "A3NL1KOZZKExample" }, "arn": "arn:aws:s3:::{{r.Bucket}}" },
            "object": { "key": "{{r.Key}}", "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e", "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko", "sequencer": "0055AED6DCD90281E5" }
          }
        }
        """))}}]}
        """;
}
