extension ControlRoutes {
    /// Every route; a test holds that none is missing.
    public static let all: [Route] = [
        status.route, doctor.route, checkState.route, configuration.route, events.route,
        addFeedback.route, listFeedback.route, exportFeedback.route, showFeedback.route,
        retractFeedback.route, eraseFeedback.route, proveHost.route, digestFeedback.route,
        feedbackFacts.route, feedbackEntries.route, uniteFeedback.route,
        listLabels.route, nextLabel.route, showLabel.route, answerLabel.route, skipLabel.route,
        runTraining.route, pauseTraining.route, resumeTraining.route,
        cancelTraining.route, listRounds.route, showRound.route,
        listCheckpoints.route, showCheckpoint.route, verifyCheckpoint.route,
        promoteCheckpoint.route, rollbackCheckpoint.route, mergeCheckpoints.route,
        collectCheckpoints.route, pinCheckpoint.route, receiveCheckpoint.route,
        inspectCheckpoint.route, getObject.route, hasObject.route,
        limitConnection.route, receivedBytes.route, putObject.route,
        missingObjects.route, listHeads.route,
        putHead.route,
        showKey.route, rotateKey.route, revokeKey.route, makeRevocation.route, putKeyRecord.route,
        listPeers.route, addPeer.route, contactPeer.route, trustPeer.route,
        shareFeedback.route, removePeer.route,
        generate.route, evaluate.route, listModels.route, addModel.route, useModel.route,
        verifyModel.route, tokenize.route,
    ]
}
